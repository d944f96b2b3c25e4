using Freehold.Messaging;
using NJsonSchema;

namespace Freehold.Tests.Messaging;

public sealed class MessageTests
{
    [Fact]
    public void Wake_ups_come_back_as_they_were_sent()
    {
        Guid id = Guid.NewGuid();
        Assert.Equal(new OperationDue(1, id), OperationDue.Parse(OperationDue.For(id)));
        Assert.Equal(new DocumentChanged(1, id, "a \"b\".txt"), DocumentChanged.Parse(DocumentChanged.For(id, "a \"b\".txt")));
        Assert.Equal(new EmbeddingDue(1, id, "a"), EmbeddingDue.Parse(EmbeddingDue.For(id, "a")));
    }

    [Fact]
    public void Command_of_the_documentation_is_understood()
    {
        TenantCommand command = TenantCommand.Parse(
            """{"version": 1, "command": "provision", "tenant": "acme", "displayName": "Acme Ltd", "plan": "standard", "idempotencyKey": "crm-4711"}""");
        Assert.Equal(new TenantCommand(1, "provision", "acme", "crm-4711", DisplayName: "Acme Ltd", Plan: "standard"), command);
    }

    [Theory]
    [InlineData("tenant-command.json", """{"version":1,"command":"provision","tenant":"acme","plan":"standard","replyTo":"tenant-replies"}""", true)]
    [InlineData("tenant-command.json", """{"version":1,"command":"delete","tenant":"acme","purge":true,"confirmTenant":"acme"}""", true)]
    [InlineData("tenant-command.json", """{"version":1,"command":"explode","tenant":"acme"}""", false)]
    [InlineData("tenant-command.json", """{"version":2,"command":"suspend","tenant":"acme"}""", false)]
    [InlineData("tenant-command.json", """{"version":1,"command":"suspend","tenant":"Acme"}""", false)]
    [InlineData("tenant-command.json", """{"version":1,"command":"suspend","tenant":"acme","purged":true}""", false)]
    public async Task Schema_of_commands_says_what_the_program_takes(string schema, string message, bool valid)
    {
        JsonSchema published = await JsonSchema.FromFileAsync(Path.Combine(AppContext.BaseDirectory, "Schemas", schema));
        Assert.Equal(valid, published.Validate(message).Count == 0);
    }

    [Fact]
    public async Task Replies_are_what_their_schema_says()
    {
        JsonSchema published = await JsonSchema.FromFileAsync(Path.Combine(AppContext.BaseDirectory, "Schemas", "tenant-reply.json"));
        Assert.Empty(published.Validate(new TenantReply(1, Guid.NewGuid(), "delete", "acme", "done", null, "key").ToMessage()));
        Assert.Empty(published.Validate(new TenantReply(1, Guid.NewGuid(), "unknown", null, "failed", "Because.", null).ToMessage()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("hello")]
    [InlineData("{\"version\":\"one\"}")]
    [InlineData("{\"version\":1,\"command\":\"delete\",\"tenant\":\"acme\",\"purged\":true}")]
    public void Message_that_is_none_says_so_without_repeating_it(string text)
    {
        MalformedMessageException exception = Assert.Throws<MalformedMessageException>(() => TenantCommand.Parse(text));
        Assert.DoesNotContain("hello", exception.Message, StringComparison.Ordinal);
    }
}
