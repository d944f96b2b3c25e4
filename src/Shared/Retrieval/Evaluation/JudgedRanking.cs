namespace Freehold.Retrieval.Evaluation;

/// <summary>Where in an answer that stands which was judged relevant.</summary>
internal static class JudgedRanking
{
    /// <summary>
    /// The rank at which each judged item was found, from 1; 0 where it was not. A passage counts for the first item that it holds a part
    /// of, and the item stands where its first passage does: further ones take no place. Where only documents are judged, the others are
    /// ranked as documents, too; else as passages.
    /// </summary>
    /// <param name="judged">What answers the question.</param>
    /// <param name="passages">What was found, best first.</param>
    public static int[] Of(IReadOnlyList<Judgement> judged, IReadOnlyList<Passage> passages)
    {
        bool isOfDocuments = judged.All(item => item.IsOfDocument);
        int[] ranks = new int[judged.Count];
        HashSet<string> others = [];
        int rank = 0;
        foreach (Passage passage in passages)
        {
            int? found = judged.Index()
                .Where(at => at.Item.Document == passage.Document && at.Item.Holds(passage.Start, passage.End, passage.Text))
                .Select(at => (int?)at.Index).FirstOrDefault();
            if (found is not { } item)
            {
                rank += !isOfDocuments || others.Add(passage.Document) ? 1 : 0;
            }
            else if (ranks[item] == 0)
            {
                ranks[item] = ++rank;
            }
        }

        return ranks;
    }
}
