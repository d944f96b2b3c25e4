using Freehold.Sql;
using Npgsql;

namespace Freehold.Retrieval.Evaluation;

/// <summary>What is in a tenant's database when it is evaluated.</summary>
/// <param name="Model">The embedding model whose vectors it holds.</param>
/// <param name="Documents">Documents.</param>
/// <param name="Chunks">Their passages.</param>
/// <param name="WordsPerChunk">Words of a passage, on average: it tells how documents are cut.</param>
/// <param name="NewestVersion">The version that was published last.</param>
internal sealed record EvaluatedCorpus(string Model, long Documents, long Chunks, double WordsPerChunk, long NewestVersion)
{
    private const string Sql =
        """
        select s.embedding_model, d.documents, d.newest, c.chunks, c.length
        from settings s,
            (select count(*) as documents, coalesce(max(version), 0) as newest from documents) d,
            (select sum(chunks)::bigint as chunks, sum(length)::float8 as length from corpus_statistics) c
        """;

    // A document without passages in the answer has none; one that is not there is not in it.
    private const string Judged =
        """
        select d.path, c.start_at, c.end_at, c.content
        from documents d left join chunks c on d.path = any($2) and c.id >= d.version << 20 and c.id < (d.version + 1) << 20
        where d.path = any($1)
        """;

    public static async Task<EvaluatedCorpus> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(Sql, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        long chunks = reader.GetInt64(3);
        return new EvaluatedCorpus(
            reader.GetString(0),
            reader.GetInt64(1),
            chunks,
            chunks == 0 ? 0 : Math.Round(reader.GetDouble(4) / chunks, 1),
            reader.GetInt64(2));
    }

    /// <summary>What was judged relevant and is not there: a document, or a passage of one that is.</summary>
    public static async Task<IReadOnlyList<MissingJudgement>> FindMissingAsync(
        NpgsqlConnection connection, IReadOnlyList<JudgedQuestion> questions, CancellationToken cancellationToken)
    {
        ILookup<string, MissingJudgement> wanted = questions.Index()
            .SelectMany(question => question.Item.Relevant!.Index().Select(item => new MissingJudgement(
                question.Index + 1, item.Index + 1, item.Item.Document!, MissingJudgement.NoDocument)))
            .ToLookup(item => item.Document);
        Judgement Judged(MissingJudgement item) => questions[item.Question - 1].Relevant![item.Relevant - 1];
        Dictionary<string, List<MissingJudgement>> left = wanted.ToDictionary(document => document.Key, document => document.ToList());
        HashSet<string> present = [];
        await using NpgsqlCommand command = new NpgsqlCommand(EvaluatedCorpus.Judged, connection)
            .With(left.Keys.ToArray())
            .With(left.Where(document => document.Value.Exists(item => !Judged(item).IsOfDocument)).Select(document => document.Key).ToArray());
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            string path = reader.GetString(0);
            if (present.Add(path))
            {
                left[path].RemoveAll(item => Judged(item).IsOfDocument);
            }

            if (!reader.IsDBNull(1) && left[path].Count > 0)
            {
                (int start, int end, string text) = (reader.GetInt32(1), reader.GetInt32(2), reader.GetString(3));
                left[path].RemoveAll(item => Judged(item).Holds(start, end, text));
            }
        }

        return [.. left.Values.SelectMany(items => items)
            .Select(item => present.Contains(item.Document) ? item with { Reason = MissingJudgement.NoPassage } : item)
            .OrderBy(item => item.Question).ThenBy(item => item.Relevant)];
    }
}

/// <summary>Something judged relevant that is not in the tenant's database, so that no search could find it.</summary>
/// <param name="Question">Number of the question, from 1.</param>
/// <param name="Relevant">Its number among what is relevant to the question, from 1.</param>
/// <param name="Document">The document's path.</param>
/// <param name="Reason"><c>no-such-document</c>, or <c>no-such-passage</c> in it.</param>
public sealed record MissingJudgement(int Question, int Relevant, string Document, string Reason)
{
    internal const string NoDocument = "no-such-document";
    internal const string NoPassage = "no-such-passage";
}
