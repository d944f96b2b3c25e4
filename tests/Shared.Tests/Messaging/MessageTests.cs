using Freehold.Messaging;

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
        Assert.Equal(new TenantCommand(1, "provision", "acme", "crm-4711", "Acme Ltd", null, "standard"), command);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("hello")]
    [InlineData("{\"version\":\"one\"}")]
    public void Message_that_is_none_says_so_without_repeating_it(string text)
    {
        MalformedMessageException exception = Assert.Throws<MalformedMessageException>(() => TenantCommand.Parse(text));
        Assert.DoesNotContain("hello", exception.Message, StringComparison.Ordinal);
    }
}
