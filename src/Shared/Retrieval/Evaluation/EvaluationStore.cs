using System.Text.Json;
using Freehold.Postgres;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Retrieval.Evaluation;

/// <summary>An evaluation as it is kept, in the tenant's own database: its questions are the tenant's content.</summary>
/// <param name="Id">Its id.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="Request">What was asked.</param>
/// <param name="Corpus">What was there when the first question was asked; null before.</param>
/// <param name="Missing">What was judged relevant and was not there.</param>
/// <param name="Report">What came of it; null while it is under way.</param>
/// <param name="FinishedAt">When that was.</param>
internal sealed record KeptEvaluation(
    Guid Id,
    DateTimeOffset CreatedAt,
    EvaluationRequest Request,
    EvaluatedCorpus? Corpus,
    IReadOnlyList<MissingJudgement> Missing,
    EvaluationReport? Report,
    DateTimeOffset? FinishedAt);

/// <summary>An evaluation in a list.</summary>
internal sealed record ListedEvaluation(Guid Id, string? Name, DateTimeOffset CreatedAt, EvaluationReport? Report, DateTimeOffset? FinishedAt);

/// <summary>Keeps tenants' evaluations.</summary>
public sealed class EvaluationStore(TenantDataSources dataSources)
{
    private const int Most = 200;

    /// <summary>Keeps a new one.</summary>
    /// <exception cref="TooManyEvaluationsException">The tenant has very many.</exception>
    internal async Task AddAsync(
        TenantPlacement tenant, Guid id, DateTimeOffset now, EvaluationRequest request, CancellationToken cancellationToken)
    {
        await using TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.Evaluation, cancellationToken);
        await using NpgsqlCommand command = new NpgsqlCommand(
                """
                insert into evaluations (id, name, created_at, request)
                select $1, $2, $3, $4::jsonb where (select count(*) from evaluations) < $5
                """,
                connection.Connection)
            .With(id).With(request.Name).With(now).With(JsonSerializer.Serialize(request, EvaluationJson.Default.EvaluationRequest)).With(Most);
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            throw new TooManyEvaluationsException(Most);
        }
    }

    /// <summary>One of them, or null.</summary>
    internal async Task<KeptEvaluation?> FindAsync(TenantPlacement tenant, Guid id, CancellationToken cancellationToken)
    {
        await using TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.Evaluation, cancellationToken);
        await using NpgsqlCommand command = new NpgsqlCommand(
                "select created_at, request::text, corpus::text, missing::text, report::text, finished_at from evaluations where id = $1",
                connection.Connection)
            .With(id);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new KeptEvaluation(
                id,
                reader.GetFieldValue<DateTimeOffset>(0),
                JsonSerializer.Deserialize(reader.GetString(1), EvaluationJson.Default.EvaluationRequest)!,
                reader.Optional<string>(2) is { } corpus ? JsonSerializer.Deserialize(corpus, EvaluationJson.Default.EvaluatedCorpus) : null,
                reader.Optional<string>(3) is { } missing
                    ? JsonSerializer.Deserialize(missing, EvaluationJson.Default.IReadOnlyListMissingJudgement)!
                    : [],
                reader.Optional<string>(4) is { } report ? Report(report) : null,
                reader.Optional<DateTimeOffset?>(5))
            : null;
    }

    /// <summary>Newest first, those before one; without what is missing, and how single questions differ.</summary>
    internal async Task<IReadOnlyList<ListedEvaluation>> ListAsync(
        TenantPlacement tenant, Guid? before, int limit, CancellationToken cancellationToken)
    {
        await using TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.Evaluation, cancellationToken);
        await using NpgsqlCommand command = new NpgsqlCommand(
                """
                select id, name, created_at, (report - 'missing' #- '{comparison,modes}')::text, finished_at
                from evaluations where $1::uuid is null or id < $1 order by id desc limit $2
                """,
                connection.Connection)
            .With(before).With(limit);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<ListedEvaluation> listed = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            listed.Add(new ListedEvaluation(
                reader.GetGuid(0),
                reader.Optional<string>(1),
                reader.GetFieldValue<DateTimeOffset>(2),
                reader.Optional<string>(3) is { } report ? Report(report) : null,
                reader.Optional<DateTimeOffset?>(4)));
        }

        return listed;
    }

    /// <summary>Begins from the first question: what there was of an earlier beginning is forgotten.</summary>
    internal async Task BeginAsync(
        TenantPlacement tenant, KeptEvaluation evaluation, CancellationToken cancellationToken)
    {
        await using TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.Evaluation, cancellationToken);
        await using NpgsqlBatch batch = new(connection.Connection);
        batch.Add("delete from evaluation_outcomes where evaluation_id = $1").With(evaluation.Id);
        batch.Add("update evaluations set corpus = $2::jsonb, missing = $3::jsonb where id = $1")
            .With(evaluation.Id)
            .With(JsonSerializer.Serialize(evaluation.Corpus, EvaluationJson.Default.EvaluatedCorpus))
            .With(JsonSerializer.Serialize(evaluation.Missing, EvaluationJson.Default.IReadOnlyListMissingJudgement));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What its searches gave so far, in the order in which they were made.</summary>
    internal async Task<IReadOnlyList<SearchOutcome>> OutcomesAsync(TenantPlacement tenant, Guid id, CancellationToken cancellationToken)
    {
        await using TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.Evaluation, cancellationToken);
        await using NpgsqlCommand command = new NpgsqlCommand(
            "select ranks, took from evaluation_outcomes where evaluation_id = $1 order by number", connection.Connection).With(id);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<SearchOutcome> outcomes = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            outcomes.Add(new SearchOutcome(reader.GetFieldValue<int[]>(0), reader.GetFloat(1)));
        }

        return outcomes;
    }

    /// <summary>Keeps what some searches gave, the first of which has a number.</summary>
    /// <returns>False when the evaluation was deleted.</returns>
    internal async Task<bool> AddOutcomesAsync(
        TenantPlacement tenant, Guid id, int first, IReadOnlyList<SearchOutcome> outcomes, CancellationToken cancellationToken)
    {
        await using TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.Evaluation, cancellationToken);
        await using NpgsqlBatch batch = new(connection.Connection);
        batch.Add("select from evaluations where id = $1 for key share").With(id);
        foreach ((int index, SearchOutcome outcome) in outcomes.Index())
        {
            // Whoever had the lease before may have been as far.
            batch.Add(
                    """
                    insert into evaluation_outcomes (evaluation_id, number, ranks, took)
                    select id, $2, $3, $4 from evaluations where id = $1 on conflict do nothing
                    """)
                .With(id).With(first + index).With(outcome.Ranks).With(outcome.Took);
        }

        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken);
    }

    /// <summary>Keeps what came of it.</summary>
    internal async Task FinishAsync(
        TenantPlacement tenant, Guid id, EvaluationReport report, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.Evaluation, cancellationToken);
        await using NpgsqlCommand command = new NpgsqlCommand(
                "update evaluations set report = $2::jsonb, finished_at = $3 where id = $1", connection.Connection)
            .With(id).With(JsonSerializer.Serialize(report, EvaluationJson.Default.EvaluationReport)).With(now);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Removes one.</summary>
    /// <returns>Whether it was there.</returns>
    internal async Task<bool> DeleteAsync(TenantPlacement tenant, Guid id, CancellationToken cancellationToken)
    {
        await using TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.Evaluation, cancellationToken);
        await using NpgsqlCommand command = new NpgsqlCommand("delete from evaluations where id = $1", connection.Connection).With(id);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private static EvaluationReport Report(string json) => JsonSerializer.Deserialize(json, EvaluationJson.Default.EvaluationReport)!;
}

/// <summary>The tenant has no such evaluation.</summary>
public sealed class EvaluationNotFoundException() : RefusalException(
    RefusalKind.NotFound, "evaluation-not-found", "The tenant has no evaluation of this id.");

/// <summary>The tenant has as many evaluations as are kept.</summary>
public sealed class TooManyEvaluationsException(int most) : RefusalException(
    RefusalKind.Conflict, "too-many-evaluations", $"{most} evaluations are kept for a tenant. Delete some that are no longer compared with.");
