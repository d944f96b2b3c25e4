using System.Diagnostics;
using System.Text.Json;

namespace Freehold.Tests.Ingestion.Readers;

public sealed class FrontMatterTests
{
    [Fact]
    public void Scalars_and_lists_of_scalars_become_metadata()
    {
        Assert.Equal(
            """{"title":"The title","tags":["a","b c",3],"draft":false,"year":2024,"zip":"01234","date":"2024-05-01","quoted":"true","text":"two\nlines\n"}""",
            Metadata("""
                title: "The title"
                tags: [a, b c, 3, ~]
                draft: false
                year: 2024
                zip: 01234
                date: 2024-05-01
                quoted: 'true'
                nothing:
                text: |
                  two
                  lines
                """));
    }

    [Fact]
    public void What_is_nested_deeper_is_passed_over()
    {
        Assert.Equal(
            """{"before":1,"list":["a"],"after":2}""",
            Metadata("before: 1\nauthor: {name: x, tags: [y]}\nlist:\n- a\n- [b]\n- c: d\n? [key]\n: value\nafter: 2"));
    }

    [Theory]
    [InlineData("title: a: b")]
    [InlineData("title: [a")]
    [InlineData("a: &x [1]\nb: *y\n\tc: \"")]
    public void Broken_front_matter_is_no_metadata_and_no_text(string yaml)
    {
        var document = Files.Read("a.md", $"---\n{yaml}\n---\n# Heading\n\nText");

        Assert.Null(document.Metadata);
        Assert.Equal("Heading", document.Title);
        Assert.Equal("Heading\n\nText", document.Text);
    }

    [Fact]
    public void Aliases_are_not_expanded()
    {
        Assert.Equal("""{"c":[],"d":1}""", Metadata("a: &a {x: lol}\nb: &b {y: *a, z: *a}\nc: [*b, *b]\n<<: *b\nd: 1"));
    }

    [Fact]
    public void Hostile_front_matter_ends_soon()
    {
        string[] values = [new('[', 60_000), "\n" + Files.Repeat("- ", 30_000), Files.Repeat("{a: ", 15_000), "&a v\n" + Files.Repeat("k: *a\n", 9_000)];
        foreach (var value in values)
        {
            var started = Stopwatch.GetTimestamp();
            Assert.Equal("Text", Files.Read("a.md", $"---\nkey: {value}\n---\nText").Text);
            Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(10));
        }
    }

    [Theory]
    [InlineData("Text", "Text")]
    [InlineData("- item", "item")]
    [InlineData("", "")]
    public void What_is_no_mapping_is_text(string between, string text)
    {
        Assert.Equal(text + (text.Length > 0 ? "\n\n" : "") + "More", Files.Read("a.md", $"---\n\n{between}\n\n---\n\nMore").Text);
    }

    [Fact]
    public void Line_across_the_page_begins_no_front_matter()
    {
        var document = Files.Read("a.md", "Text\n\n---\n\nkey: value\n\n---\n");

        Assert.Null(document.Metadata);
        Assert.Equal("Text\n\nkey: value", document.Text);
    }

    private static string Metadata(string yaml) => JsonSerializer.Serialize(Files.Read("a.md", $"---\n{yaml}\n---\n\nText").Metadata);
}
