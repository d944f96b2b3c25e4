using System.Diagnostics;
using System.Globalization;
using System.Text;
using Freehold.Ingestion;
using Freehold.Ingestion.Chunking;
using Freehold.Ingestion.Readers;

namespace Freehold.Tests.Ingestion.Chunking;

public sealed class ChunkerTests
{
    private const int Maximum = 512;

    private static readonly string LongHeading = string.Concat(Enumerable.Repeat("D. ", 100)).TrimEnd();

    private static readonly Chunker Chunker = ChunkChecks.Chunker(new IngestionOptions());

    [Fact]
    public void Short_document_is_one_chunk()
    {
        var chunk = Assert.Single(Chunks(Heading("Title", 1), Body(800), Body(800)));

        Assert.Equal("Title", chunk.Heading);
        Assert.Equal(0, chunk.Start);
        Assert.Single(Chunks(Heading("A", 1), Body(300), Heading("B", 2), Body(300), Heading("C", 2), Body(300)));
    }

    [Fact]
    public void Chunk_ends_before_the_highest_heading_that_it_reaches()
    {
        var chunks = Chunks(
            Heading("A", 1), Body(200), Heading("B", 2), Body(500), Heading("C", 2), Body(800), Heading("D", 1), Body(900), Heading("E", 3), Body(1_000));

        Assert.Equal(["A", "D", "D > E"], chunks.Select(chunk => chunk.Heading));
        Assert.StartsWith("D\n\n", chunks[1].Content, StringComparison.Ordinal);
    }

    [Fact]
    public void Heading_never_ends_a_chunk()
    {
        var chunks = Chunks(Body(500), Heading("A", 1), Heading("B", 2), Body(1_700), Heading("C", 1), Body(900));

        Assert.Equal(["", "A > B", "C"], chunks.Select(chunk => chunk.Heading));
        Assert.StartsWith("A\n\nB\n\n", chunks[1].Content, StringComparison.Ordinal);
    }

    [Fact]
    public void Heading_path_follows_the_levels_and_long_headings_are_cut()
    {
        var chunks = Chunks(
            Heading("A", 1), Body(1_000), Heading("B", 3), Body(1_000), Heading("C", 2), Body(1_000),
            Heading(LongHeading, 3), Body(1_000), Heading("E", 1), Body(1_000));

        Assert.Equal(["A", "A > B", "A > C", $"A > C > {LongHeading[..200]}", "E"], chunks.Select(chunk => chunk.Heading));
    }

    [Fact]
    public void Long_paragraph_is_cut_after_sentences()
    {
        var sentences = Enumerable.Range(0, 200).Select(i => $"This is the sentence number {i}, as \"they\" say.");

        var chunks = Chunks((BlockKind.Paragraph, string.Join(' ', sentences), 0));

        Assert.InRange(chunks.Count, 8, 20);
        Assert.All(chunks, chunk => Assert.EndsWith("say.", chunk.Content, StringComparison.Ordinal));
        Assert.All(chunks, chunk => Assert.StartsWith("This", chunk.Content, StringComparison.Ordinal));
    }

    [Fact]
    public void Table_and_code_are_kept_whole_or_cut_at_lines()
    {
        static string Rows(int count) =>
            string.Join('\n', Enumerable.Range(0, count).Select(i => $"row {i:D4} | with a cell. | and another"));

        var whole = Chunks(Body(900), (BlockKind.Table, Rows(25), 0), Body(900));
        var cut = Chunks(Heading("Rows", 1), (BlockKind.Code, Rows(500), 0));

        Assert.Contains(whole, chunk => chunk.Content == Rows(25));
        Assert.All(cut, chunk => Assert.EndsWith("another", chunk.Content, StringComparison.Ordinal));
        Assert.All(cut, chunk => Assert.Equal("Rows", chunk.Heading));
        Assert.StartsWith("Rows\n\nrow 0000", cut[0].Content, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\t")]
    [InlineData(" \t")]
    [InlineData("\n \t")]
    public void White_space_of_any_length_makes_no_chunk_too_long(string space)
    {
        var gap = string.Concat(Enumerable.Repeat(space, 5_000));
        foreach (var kind in (BlockKind[])[BlockKind.Paragraph, BlockKind.Code])
        {
            var text = $"{gap}First. {gap}{string.Concat(Enumerable.Repeat("word ", 120))}{gap}last word.{gap}End";
            var document = new ExtractedDocument(null, text, [new(0, gap.Length + 7, kind), new(gap.Length + 7, text.Length - gap.Length - 3, kind), new(text.Length - 3, text.Length, kind)]);

            ChunkChecks.Check(document, Chunker.Split([document]), Maximum);
        }
    }

    [Fact]
    public void Text_without_spaces_is_cut_in_time_proportional_to_its_length()
    {
        var text = new string('€', 300_000);
        var started = Stopwatch.GetTimestamp();

        var chunks = Chunks((BlockKind.Paragraph, text, 0));

        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.InRange(chunks.Average(chunk => chunk.Tokens), 200, Maximum);
    }

    [Fact]
    public void Splinters_are_joined_to_their_neighbour()
    {
        Assert.All(Chunks(Body(1_150), Body(60), Body(1_150), Body(60)), chunk => Assert.InRange(chunk.Tokens, 75, Maximum));
    }

    [Fact]
    public void Chunk_has_the_page_that_it_starts_on()
    {
        var builder = new DocumentTextBuilder(100_000);
        foreach (var page in (int[])[1, 2, 3])
        {
            builder.Add(BlockKind.Paragraph, Body(1_300).Item2, page: page);
        }

        var document = builder.Build(null);

        Assert.Equal([1, 2, 3], Chunker.Split([document]).Select(chunk => chunk.Page!.Value));
    }

    [Fact]
    public void Words_of_any_script_are_counted()
    {
        Assert.Equal(6, Assert.Single(Chunks((BlockKind.Paragraph, "It's 2024, наука 漢字.", 0))).Words);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("😀")]
    [InlineData("e\u0301\u0323")]
    [InlineData("👩🏽‍🚒")]
    [InlineData("漢字。")]
    [InlineData("ก็")]
    public void Text_without_spaces_is_cut_between_characters(string character)
    {
        var text = string.Concat(Enumerable.Repeat(character, 200_000 / character.Length));
        var document = new ExtractedDocument(null, text, [new TextBlock(0, text.Length, BlockKind.Paragraph)]);

        var chunks = Chunker.Split([document]).ToList();

        ChunkChecks.Check(document, chunks, Maximum);
        Assert.All(chunks, chunk => Assert.Equal(0, chunk.Start % character.Length));
    }

    [Fact]
    public void Endless_marks_on_one_letter_are_cut_all_the_same()
    {
        var text = "a" + new string('\u0301', 100_000);

        var document = new ExtractedDocument(null, text, [new TextBlock(0, text.Length, BlockKind.Paragraph)]);

        ChunkChecks.Check(document, Chunker.Split([document]), Maximum);
    }

    [Fact]
    public void Any_document_is_covered_by_chunks_in_order()
    {
        var random = new Random(7);
        for (var i = 0; i < 300; i++)
        {
            var document = RandomDocument(random, random.Next(1, 60));
            var options = new IngestionOptions
            {
                ChunkTarget = random.Next(20, 300),
                ChunkMaximum = random.Next(300, 1_000),
                ChunkOverlap = random.Next(2) * random.Next(100),
            };

            ChunkChecks.Check(document, ChunkChecks.Chunker(options).Split([document]), options.ChunkMaximum);
        }
    }

    [Fact]
    public void Thirty_megabytes_take_seconds_and_chunks_are_made_as_they_are_taken()
    {
        var paragraph = Readers.Files.Repeat("A sentence of ten words, as they are often written. 90. ", 1_600).TrimEnd();
        var text = new StringBuilder();
        var blocks = new List<TextBlock>();
        while (text.Length < 30_000_000)
        {
            blocks.Add(new TextBlock(text.Length, text.Length + paragraph.Length, BlockKind.Paragraph));
            text.Append(paragraph).Append("\n\n");
        }

        var document = new ExtractedDocument(null, text.ToString(), blocks);
        var started = Stopwatch.GetTimestamp();

        Assert.Equal(0, Chunker.Split([document]).First().Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.InRange(Chunker.Split([document]).Count(), 15_000, 60_000);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Sentences_before_a_cut_are_repeated_if_asked_for()
    {
        var sentences = Enumerable.Range(0, 200).Select(i => $"This is the sentence number {i}, as \"they\" say.");
        var builder = new DocumentTextBuilder(100_000);
        builder.Add(BlockKind.Paragraph, string.Join(' ', sentences));
        var document = builder.Build(null);

        var chunks = ChunkChecks.Chunker(new IngestionOptions { ChunkOverlap = 30 }).Split([document]).ToList();

        ChunkChecks.Check(document, chunks, Maximum);
        Assert.All(chunks.Zip(chunks.Skip(1)), pair =>
        {
            var repeated = document.Text[pair.Second.Start..pair.First.End];
            Assert.StartsWith("This", repeated, StringComparison.Ordinal);
            Assert.EndsWith("say.", repeated, StringComparison.Ordinal);
            Assert.InRange(ChunkChecks.Tokens.Count(repeated), 10, 30);
        });
    }

    [Theory]
    [InlineData(40)]
    [InlineData(133)]
    [InlineData(150)]
    [InlineData(210)]
    [InlineData(280)]
    [InlineData(700)]
    public void Edited_line_changes_the_chunks_around_it_alone(int words)
    {
        var random = new Random(words);
        var paragraphs = Enumerable.Range(0, 1_500).Select(i => $"{i}: " + string.Join(' ', Enumerable.Range(0, words).Select(w => w % 9 == 8 ? "ended. Then" : $"w{random.Next(90)}"))).ToList();
        var before = Hashes(paragraphs);
        foreach (var at in (int[])[0, 1, 400, 777, 1_499])
        {
            var edited = new List<string>(paragraphs) { [at] = "An inserted line that was not there. " + paragraphs[at] };

            Assert.InRange(Hashes(edited).Except(before).Count(), 1, 8);
        }

        static HashSet<Guid> Hashes(IEnumerable<string> paragraphs)
        {
            var document = PlainTextReader.Read(string.Join("\n\n", paragraphs), int.MaxValue);
            return [.. Chunker.Split([document]).Select(chunk => chunk.ContentHash)];
        }
    }

    [Fact]
    public void Document_in_parts_is_cut_as_if_it_were_whole()
    {
        var random = new Random(3);
        for (var i = 0; i < 50; i++)
        {
            var whole = RandomDocument(random, random.Next(10, 60));
            var parts = new List<ExtractedDocument>();
            for (int block = 0, start = 0; block < whole.Blocks.Count;)
            {
                var taken = whole.Blocks.Skip(block).Take(random.Next(1, 8)).ToList();
                block += taken.Count;
                var end = block < whole.Blocks.Count ? random.Next(taken[^1].End, whole.Blocks[block].Start + 1) : whole.Text.Length;
                parts.Add(new ExtractedDocument(
                    null, whole.Text[start..end], [.. taken.Select(each => each with { Start = each.Start - start, End = each.End - start })]));
                start = end;
            }

            Assert.Equal(Chunker.Split([whole]), Chunker.Split(parts));
        }
    }

    private static (BlockKind, string, int) Heading(string text, int level) => (BlockKind.Heading, text, level);

    // Four characters a token.
    private static (BlockKind, string, int) Body(int length) =>
        (BlockKind.Paragraph, Readers.Files.Repeat("one two six ten ", (length / 16) + 1)[..length].TrimEnd(), 0);

    private static List<Chunk> Chunks(params (BlockKind Kind, string Text, int Level)[] blocks)
    {
        var builder = new DocumentTextBuilder(10_000_000);
        foreach (var (kind, text, level) in blocks)
        {
            builder.Add(kind, text, level);
        }

        var document = builder.Build(null);
        var chunks = Chunker.Split([document]).ToList();
        ChunkChecks.Check(document, chunks, Maximum);
        return chunks;
    }

    private static ExtractedDocument RandomDocument(Random random, int blocks)
    {
        var builder = new DocumentTextBuilder(10_000_000);
        builder.Add(BlockKind.Paragraph, "x");
        for (var i = 0; i < blocks; i++)
        {
            var kind = (BlockKind)random.Next(5);
            var text = new StringBuilder();
            for (var length = random.Next(kind == BlockKind.Heading ? 100 : random.Next(6_000)); text.Length < length;)
            {
                text.Append(random.Next(12) switch
                {
                    0 => ". ",
                    1 => "\n",
                    2 => char.ConvertFromUtf32(0x1F600 + random.Next(60)),
                    3 => "e\u0301",
                    4 => "漢字。",
                    5 => new string(' ', random.Next(5)),
                    6 => new string('w', random.Next(300)),
                    _ => random.Next(100_000).ToString(CultureInfo.InvariantCulture) + " word",
                });
            }

            builder.Add(kind, text.ToString(), kind == BlockKind.Heading ? random.Next(1, 7) : 0, random.Next(2) == 0 ? null : i);
        }

        return builder.Build(null);
    }
}
