using Freehold.Ai;
using Lucene.Net.Tartarus.Snowball.Ext;

namespace Freehold.Bench.Quality;

/// <summary>BM25 without a database (k1 = 1.2, b = 0.75) over whole documents: English stop words out, Porter's stems.</summary>
internal sealed class OutsideBm25
{
    private const double K1 = 1.2;
    private const double B = 0.75;

    private readonly PorterStemmer _stemmer = new();
    private readonly Dictionary<string, List<(int Document, int Frequency)>> _postings = [];
    private readonly IReadOnlyList<JudgedDocument> _documents;
    private readonly int[] _lengths;
    private readonly double _average;

    public OutsideBm25(IReadOnlyList<JudgedDocument> documents)
    {
        _documents = documents;
        _lengths = new int[documents.Count];
        for (int i = 0; i < documents.Count; i++)
        {
            List<string> terms = Terms(documents[i].Content);
            _lengths[i] = terms.Count;
            foreach (IGrouping<string, string> term in terms.GroupBy(term => term))
            {
                (_postings.TryGetValue(term.Key, out List<(int, int)>? postings) ? postings : _postings[term.Key] = []).Add((i, term.Count()));
            }
        }

        _average = _lengths.Average();
    }

    /// <summary>Ids of the best documents, best first.</summary>
    public IReadOnlyList<string> Rank(string query, int limit)
    {
        Dictionary<int, double> scores = [];
        foreach (string term in Terms(query))
        {
            List<(int Document, int Frequency)> postings = _postings.GetValueOrDefault(term, []);
            double idf = Math.Log(1 + ((_documents.Count - postings.Count + 0.5) / (postings.Count + 0.5)));
            foreach ((int document, int frequency) in postings)
            {
                double saturated = frequency * (K1 + 1) / (frequency + (K1 * (1 - B + (B * _lengths[document] / _average))));
                scores[document] = scores.GetValueOrDefault(document) + (idf * saturated);
            }
        }

        return [.. scores.OrderByDescending(score => score.Value).ThenBy(score => score.Key).Take(limit).Select(score => _documents[score.Key].Id)];
    }

    private List<string> Terms(string text)
    {
        List<string> terms = [];
        foreach (ReadOnlySpan<char> word in Words.In(text))
        {
            string lower = word.ToString().ToLowerInvariant();
            if (!EnglishStopWords.All.Contains(lower))
            {
                _stemmer.SetCurrent(lower);
                _stemmer.Stem();
                terms.Add(_stemmer.Current);
            }
        }

        return terms;
    }
}
