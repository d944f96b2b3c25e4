using System.Text;

namespace Freehold.Answers;

/// <summary>An answer of sentences as they stand in the documents.</summary>
internal static class ExtractiveAnswer
{
    private const int MostSentences = 3;

    // Of the best one's score: what is further behind only shares words with the question.
    private const double GoodEnough = 0.85;

    /// <summary>The best sentences, each with its citation.</summary>
    public static Answer Write(Evidence evidence, IReadOnlyList<Source> sources)
    {
        Dictionary<(string, int, int), Source> numbered = sources.ToDictionary(source => (source.Document, source.Start, source.End));
        StringBuilder text = new();
        List<Citation> citations = [];
        HashSet<string> said = [];
        foreach (FoundSentence found in evidence.Sentences.TakeWhile(found => found.Score >= GoodEnough * evidence.Sentences[0].Score))
        {
            string sentence = found.Passage.TextOf(found.Sentence);
            if (citations.Count == MostSentences
                || !numbered.TryGetValue((found.Passage.Passage.Document, found.Passage.Passage.Start, found.Passage.Passage.End), out Source? source)
                || !said.Add(sentence))
            {
                continue;
            }

            text.Append(text.Length == 0 ? string.Empty : " ").Append(sentence).Append(" [").Append(source.Number).Append(']');
            citations.Add(Cite(source, found.Sentence.Start, found.Sentence.Length, quote: null, verified: true));
        }

        return citations.Count == 0
            ? Answer.Declined(Answer.Extractive, evidence.Score, sources)
            : new Answer(text.ToString(), Answered: true, Answer.Extractive, Math.Round(evidence.Score, 3), citations, sources);
    }

    /// <summary>A citation of a part of a source's text.</summary>
    public static Citation Cite(Source source, int start, int length, string? quote, bool verified) => new(
        source.Number,
        source.Document,
        source.Title,
        source.Heading,
        source.Page,
        source.Start + start,
        source.Start + start + length,
        source.Text.Substring(start, length),
        quote,
        verified);
}
