using System.Text.Json;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Provisioning;
using Freehold.Provisioning.Evaluations;
using Freehold.Provisioning.ModelChange;
using Freehold.Retrieval.Evaluation;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Retrieval;

/// <summary>A tenant's own judged questions, asked of its database.</summary>
public sealed class EvaluationTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(60);

    private static readonly (string Path, string Text)[] Documents =
    [
        ("ferry.txt", "The ferry to the island leaves at eight. A ticket for the ferry costs four crowns."),
        ("walnuts.txt", "Walnuts are picked in October. Store walnuts in a dry place."),
        ("island.txt", "The island has a lighthouse, a bakery and no cars."),
        ("bakery.txt", "The bakery opens at seven and sells walnut bread."),
    ];

    private static readonly JudgedQuestion[] Questions =
    [
        new("When does the ferry leave for the island?", [new("ferry.txt", Grade: 2), new("island.txt")]),
        new("walnut bread", [new("bakery.txt", Contains: "sells  WALNUT bread")]),
        new("How are walnuts stored?", [new("walnuts.txt", Start: 31, End: 40), new("gone.txt")]),
        new("Is there a lighthouse?", [new("nowhere.txt")]),
    ];

    [ServerFact]
    public async Task Report_is_kept_and_is_what_the_same_searches_give_by_hand()
    {
        TenantPlacement tenant = await ProvisionAsync();
        EvaluationStatus evaluation = await EvaluateAsync(tenant, new(Questions, "first", Try: new(Weights: [0, 2])));

        Assert.Equal(("done", "first", new EvaluationProgress(20, 20)), (evaluation.State, evaluation.Name, evaluation.Progress));
        EvaluationReport report = evaluation.Report!;
        Assert.Equal(
            ("live", "lexical-384", 4L, 4L, false, 50), (
                report.Evaluated.Target, report.Evaluated.Model, report.Evaluated.Documents, report.Evaluated.Chunks,
                report.Evaluated.ChangedMeanwhile, report.Evaluated.Limit));
        Assert.Equal((4, 3), (report.Questions, report.Scored));
        Assert.Equal(
            [new(3, 2, "gone.txt", "no-such-document"), new(4, 1, "nowhere.txt", "no-such-document")], report.Missing!);
        Assert.Equal(
            [("lexical", null), ("dense", null), ("hybrid", 0.1), ("hybrid", 0d), ("hybrid", 2d)],
            report.Rankings.Select(ranking => (ranking.Mode, ranking.DenseWeight)));

        // By hand: nDCG@10 over documents, for the questions that judge documents and passages that are whole ones here.
        foreach ((string mode, RankingFigures figures) in report.Rankings.Take(3).Select(ranking => (ranking.Mode, ranking)))
        {
            double sum = 0;
            foreach (JudgedQuestion question in Questions.Take(3))
            {
                string[] found = [.. (await freehold.SearchAsync(tenant, question.Query!, mode, 50)).Select(passage => passage.Document)];
                (string Path, int Grade)[] relevant = [.. question.Relevant!.Where(item => item.Document != "gone.txt").Select(item => (item.Document!, item.Grade))];
                double gain = relevant.Sum(item => Array.IndexOf(found, item.Path) is >= 0 and var at ? item.Grade / Math.Log2(at + 2) : 0);
                sum += gain / relevant.Select(item => item.Grade).OrderDescending().Select((grade, at) => grade / Math.Log2(at + 2)).Sum();
            }

            Assert.Equal(sum / 3, figures.NdcgAt10.Mean, 6);
            Assert.True(figures.Latency is { P50: > 0 } && figures.Latency.P99 >= figures.Latency.P50);
        }

        // A weight of 0 leaves the lexical side alone to decide.
        Assert.Equal(1, evaluation.Questions![1].Rankings[3].NdcgAt10);
        Assert.Null(evaluation.Questions[3].Rankings[0].NdcgAt10);
        Assert.NotNull(report.BestDenseWeight);

        // Kept as it was told, and in the tenant's database alone.
        EvaluationStatus kept = await FindAsync(tenant, evaluation.Id);
        Assert.Equal(JsonSerializer.Serialize(evaluation), JsonSerializer.Serialize(kept));
        Operation operation = (await freehold.Get<OperationStore>().FindAsync(evaluation.Id, default))!;
        Assert.Equal(("evaluate", "done", """{"done": 20, "total": 20}"""), (operation.Kind, operation.State, operation.Details!.Value.GetRawText()));
    }

    [ServerFact]
    public async Task Change_for_the_worse_is_refused_and_one_that_costs_nothing_accepted()
    {
        TenantPlacement tenant = await ProvisionAsync();
        EvaluationStatus first = await EvaluateAsync(tenant, new(Questions, Modes: ["lexical"]));
        EvaluationComparison same = (await EvaluateAsync(tenant, new(Questions, Modes: ["lexical"], Against: first.Id))).Report!.Comparison!;
        Assert.Equal((CompareEvaluations.Accepted, 3, 0d), (same.Verdict, same.Modes![0].Questions, same.Modes[0].NdcgAt10.Mean));

        // The passage is there no more, and a better match for another question takes its place.
        await freehold.IngestAsync(tenant, "bakery.txt", "The bakery is closed.");
        await freehold.IngestAsync(tenant, "other.txt", "When does the ferry leave? When the island wants it to leave: the ferry, the island.");
        EvaluationStatus worse = await EvaluateAsync(tenant, new(Questions, Modes: ["lexical"], Against: first.Id, Accept: new(-0.01, "recall@10")));
        EvaluationComparison refused = worse.Report!.Comparison!;
        Assert.Equal((CompareEvaluations.Refused, "recall@10", "lexical", -0.01), (refused.Verdict, refused.Metric, refused.Mode, refused.MinDelta));
        Assert.Equal([new(2, 1, 0, -1)], refused.Modes![0].Changes);
        Assert.Contains(new(2, 1, "bakery.txt", "no-such-passage"), worse.Report.Missing!);

        IReadOnlyList<EvaluationStatus> listed = await freehold.Get<ReadEvaluations>().ListAsync(tenant, null, 2, default);
        Assert.Equal([worse.Id, same.Against], [listed[0].Id, (await ListAsync(tenant, listed[1].Id)).Single().Id]);
        Assert.Equal((CompareEvaluations.Refused, null, null), (listed[0].Report!.Comparison!.Verdict, listed[0].Report!.Comparison!.Modes, listed[0].Questions));
    }

    [ServerFact]
    public async Task What_was_stopped_goes_on_where_it_stopped_on_any_host()
    {
        TenantPlacement tenant = await ProvisionAsync();
        JudgedQuestion[] many = [.. Enumerable.Range(0, 40).Select(i => new JudgedQuestion($"ferry {i}", [new("ferry.txt")]))];
        StartedOperation started = await freehold.Get<StartEvaluation>().RunAsync(tenant, new(many), TimeSpan.Zero, default);
        Assert.Equal(("queued", new EvaluationProgress(0, 120)), await StateAsync(tenant, started.Id));

        // Stopped after its first note of progress; then another host takes it up.
        using CancellationTokenSource stop = new();
        Task<bool> running = freehold.Get<RunOperation>().RunAsync(started.Id, stop.Token);
        await FreeholdFixture.EventuallyAsync(async () => await CountOutcomesAsync(tenant) > 0);
        await stop.CancelAsync();
        try
        {
            await running;
        }
        catch (OperationCanceledException)
        {
            Assert.InRange(await CountOutcomesAsync(tenant), 25, 100);
        }

        await using ServiceProvider host = freehold.Build([]);
        await host.GetRequiredService<RunOperation>().RunAsync(started.Id, default);
        Assert.Equal(("done", new EvaluationProgress(120, 120)), await StateAsync(tenant, started.Id));
        Assert.Equal(1, (await FindAsync(tenant, started.Id)).Report!.Rankings[0].Mrr.Mean);
    }

    [ServerFact]
    public async Task Model_that_is_changed_meanwhile_has_it_begin_again()
    {
        await using WordServer server = new();
        await using ServiceProvider host = freehold.Build(server.Settings());
        TenantPlacement tenant = await ProvisionAsync();
        StartedOperation started = await host.GetRequiredService<StartEvaluation>().RunAsync(tenant, new(Questions), TimeSpan.Zero, default);
        KeptEvaluation kept = (await freehold.Get<EvaluationStore>().FindAsync(tenant, started.Id, default))!;
        await host.GetRequiredService<EvaluateSearch>().BeginAsync(tenant, kept, default);
        StartedOperation change = await host.GetRequiredService<ChangeTenant>().RunAsync(
            tenant.Id, host.GetRequiredService<EstimateModelChange>().ChangeTo(WordServer.Model), Caller.Admin(), Wait, default);
        Assert.True(change.Done);

        Assert.True(await host.GetRequiredService<RunOperation>().RunAsync(started.Id, default));
        Assert.Equal(0, await CountOutcomesAsync(tenant));
        Assert.False(await host.GetRequiredService<RunOperation>().RunAsync(started.Id, default));
        Assert.Equal(WordServer.Model, (await FindAsync(tenant, started.Id)).Report!.Evaluated.Model);
    }

    [ServerFact]
    public async Task One_at_a_time_and_its_deletion_calls_it_off()
    {
        TenantPlacement tenant = await ProvisionAsync();
        StartedOperation started = await StartAsync(tenant, new(Questions));
        Assert.Equal("evaluation-running", (await Assert.ThrowsAsync<ImpossibleNowException>(() => StartAsync(tenant, new(Questions)))).Problem);
        Assert.Equal("evaluation-not-done", (await Assert.ThrowsAsync<ImpossibleNowException>(
            () => StartAsync(tenant, new(Questions, Against: started.Id)))).Problem);
        await Assert.ThrowsAsync<EvaluationNotFoundException>(() => StartAsync(tenant, new(Questions, Against: Guid.NewGuid())));
        Assert.Single(await ListAsync(tenant, null));

        await freehold.Get<DeleteEvaluation>().RunAsync(tenant, started.Id, default);
        await Assert.ThrowsAsync<EvaluationNotFoundException>(() => FindAsync(tenant, started.Id));
        await Assert.ThrowsAsync<EvaluationNotFoundException>(() => freehold.Get<DeleteEvaluation>().RunAsync(tenant, started.Id, default));
        Assert.Equal("failed", (await freehold.Get<OperationStore>().FindAsync(started.Id, default))!.State);
        Assert.False(await freehold.Get<RunOperation>().RunAsync(started.Id, default));

        // Retried by an operator, it finds nothing to do; the next one has its turn.
        await freehold.Get<RetryOperation>().RunAsync(started.Id, Caller.Admin(), default);
        await freehold.Get<RunOperation>().RunAsync(started.Id, default);
        Assert.Equal("deleted", (await freehold.Get<OperationStore>().FindAsync(started.Id, default))!.Step);
        Assert.Equal("done", (await EvaluateAsync(tenant, new(Questions))).State);
    }

    [ServerFact]
    public async Task Very_many_are_not_kept()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.ScalarAsync<int>(
            tenant,
            """
            with kept as (insert into evaluations (id, created_at, request) select gen_random_uuid(), now(), '{}' from generate_series(1, 200) returning 1)
            select count(*)::int from kept
            """);

        await Assert.ThrowsAsync<TooManyEvaluationsException>(() => StartAsync(tenant, new(Questions)));
        Assert.Empty(await freehold.Get<OperationStore>().ListAsync(new OperationQuery("queued", tenant.Id, null, 10), default));
    }

    [ServerFact]
    public async Task Suspended_tenants_wait_and_a_deleted_tenants_comes_to_nothing()
    {
        TenantPlacement tenant = await ProvisionAsync();
        StartedOperation started = await StartAsync(tenant, new(Questions));
        await freehold.Get<ChangeTenant>().RunAsync(tenant.Id, TenantChange.Suspend, Caller.Admin(), Wait, default);
        await freehold.Get<RunOperation>().RunAsync(started.Id, default);
        Operation waiting = (await freehold.Get<OperationStore>().FindAsync(started.Id, default))!;
        Assert.Equal(("queued", "The tenant is not active. Resume it."), (waiting.State, waiting.Failure));

        await freehold.Get<DeleteTenant>().RunAsync(tenant.Id, purge: false, Caller.Admin(), Wait, default);
        Assert.Equal("Overtaken by delete.", (await freehold.Get<OperationStore>().FindAsync(started.Id, default))!.Failure);
    }

    [ServerFact]
    public async Task Searches_are_counted_and_no_question_is_in_the_catalog()
    {
        await using ServiceProvider host = freehold.Build([]);
        TenantPlacement tenant = await ProvisionAsync();
        await host.GetRequiredService<StartEvaluation>().RunAsync(tenant, new([new("quetzalcoatlus", [new("ferry.txt")])]), Wait, default);

        Assert.Equal(3, host.GetRequiredService<Meter>().Take().Single(count => count.Key.Metric == Metric.Queries).Value);
        await using NpgsqlCommand command = freehold.Get<CatalogDatabase>().Command(
            "select (select string_agg(o::text, '') from catalog.operations o) || (select string_agg(a::text, '') from catalog.audit a)");
        string catalog = (string)(await command.ExecuteScalarAsync())!;
        Assert.Contains("evaluate", catalog, StringComparison.Ordinal);
        Assert.DoesNotContain("quetzalcoatlus", catalog, StringComparison.Ordinal);
        Assert.DoesNotContain("ferry.txt", catalog, StringComparison.Ordinal);
    }

    private async Task<TenantPlacement> ProvisionAsync()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        foreach ((string path, string text) in Documents)
        {
            await freehold.IngestAsync(tenant, path, text);
        }

        return tenant;
    }

    private Task<StartedOperation> StartAsync(TenantPlacement tenant, EvaluationRequest request) =>
        freehold.Get<StartEvaluation>().RunAsync(tenant, request, TimeSpan.Zero, default);

    private async Task<EvaluationStatus> EvaluateAsync(TenantPlacement tenant, EvaluationRequest request)
    {
        StartedOperation started = await freehold.Get<StartEvaluation>().RunAsync(tenant, request, Wait, default);
        Assert.True(started.Done);
        return await FindAsync(tenant, started.Id);
    }

    private Task<EvaluationStatus> FindAsync(TenantPlacement tenant, Guid id) => freehold.Get<ReadEvaluations>().FindAsync(tenant, id, default);

    private Task<IReadOnlyList<EvaluationStatus>> ListAsync(TenantPlacement tenant, Guid? before) =>
        freehold.Get<ReadEvaluations>().ListAsync(tenant, before, 10, default);

    private async Task<(string State, EvaluationProgress? Progress)> StateAsync(TenantPlacement tenant, Guid id)
    {
        EvaluationStatus evaluation = await FindAsync(tenant, id);
        return (evaluation.State, evaluation.Progress);
    }

    private async Task<long> CountOutcomesAsync(TenantPlacement tenant) =>
        await freehold.ScalarAsync<long>(tenant, "select count(*) from evaluation_outcomes");
}
