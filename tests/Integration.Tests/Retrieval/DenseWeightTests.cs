using System.Globalization;
using System.Text;
using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Provisioning;
using Freehold.Provisioning.Evaluations;
using Freehold.Retrieval.Evaluation;
using Freehold.Storage;
using Freehold.Tenants;
using Freehold.Tests.Ai;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Retrieval;

/// <summary>
/// Hybrid search by a model behind an endpoint, on judged questions of which one side or the other knows more. Document n has words and
/// a direction of its own, and its neighbour is the next one, which misleads.
/// </summary>
public sealed class DenseWeightTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    private const int Documents = 12;
    private const double MostLoss = 0.005;
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(60);

    [ServerFact]
    public async Task Model_that_is_better_than_words_is_followed_by_default()
    {
        // Words of every other question are more the neighbour's; the model is misled by every sixth.
        double[] misled = await MeasureAsync(
            n => n % 2 == 0 ? $"{Word(n, 0)} {Word(n + 1, 0)} {Word(n + 1, 1)}" : Words(n),
            n => n % 6 == 1 ? (0.8, 1) : (1, 0.3));

        (double lexical, double dense, double hybrid) = (misled[0], misled[1], misled[2]);
        Assert.True(dense > lexical + 0.05, $"{dense} is not above {lexical}.");
        Assert.True(hybrid >= dense - MostLoss, $"{hybrid} is below {dense}.");
    }

    [ServerFact]
    public async Task Model_that_is_worse_than_words_costs_nothing_at_its_measured_weight()
    {
        // The model takes every other question for the neighbour's, some of whose words are in the question, too.
        string Query(int n) => $"{Words(n)} {Word(n + 1, 0)} {Word(n + 1, 1)}";
        (double, double) Direction(int n) => n % 2 == 0 ? (0.1, 1) : (1, 0.3);
        double[] tried = [0.1, 0.3, 3];
        double[] figures = await MeasureAsync(Query, Direction, weights: tried);
        double lexical = figures[0];
        Assert.True(lexical > figures[1] + 0.05, $"{lexical} is not above {figures[1]}.");
        Assert.True(figures[2] < lexical - MostLoss, $"{figures[2]} leaves nothing to be measured.");

        double measured = tried.Zip(figures.Skip(3)).MaxBy(pair => pair.Second).First;
        double hybrid = (await MeasureAsync(Query, Direction, measured))[2];
        Assert.True(hybrid >= lexical - MostLoss, $"{hybrid} is below {lexical}.");
    }

    /// <summary>nDCG@10 of each side, of both, and of both at each of the weights.</summary>
    /// <param name="query">The words of the question that a document answers.</param>
    /// <param name="direction">How much of its vector is the document's and how much the neighbour's.</param>
    /// <param name="weight">The model's weight; null for the one that it has by default.</param>
    /// <param name="weights">Weights that are tried.</param>
    private async Task<double[]> MeasureAsync(
        Func<int, string> query, Func<int, (double Own, double Neighbours)> direction, double? weight = null, double[]? weights = null)
    {
        Dictionary<string, float[]> vectors = [];
        for (int n = 0; n < Documents; n++)
        {
            vectors[Words(n)] = Vector(n, 1, 0);
        }

        for (int n = 0; n < Documents; n++)
        {
            (double own, double neighbours) = direction(n);
            vectors[$"? {query(n)}"] = Vector(n, own, neighbours);
        }

        await using EmbeddingServer server = await EmbeddingServer.StartAsync(text => vectors[text]);
        await using ServiceProvider host = freehold.Build(new()
        {
            ["Ai:DefaultModel"] = "ready",
            ["Ai:Models:0:Id"] = "ready",
            ["Ai:Models:0:Provider"] = "OpenAI",
            ["Ai:Models:0:Endpoint"] = server.Endpoint.ToString(),
            ["Ai:Models:0:Dimensions"] = $"{Documents}",
            ["Ai:Models:0:QueryPrefix"] = "? ",
            ["Ai:Models:0:DenseWeight"] = weight?.ToString(CultureInfo.InvariantCulture),
        });
        TenantPlacement tenant = await FillAsync(host);
        JudgedQuestion[] questions = [.. Enumerable.Range(0, Documents).Select(n => new JudgedQuestion(query(n), [new($"{n}.txt")]))];
        StartedOperation evaluation = await host.GetRequiredService<StartEvaluation>().RunAsync(
            tenant, new(questions, Try: weights is null ? null : new(Weights: weights)), Wait, default);
        EvaluationReport report = (await host.GetRequiredService<ReadEvaluations>().FindAsync(tenant, evaluation.Id, default)).Report!;
        Assert.Equal(weight ?? 1, report.Rankings[2].DenseWeight);
        return [.. report.Rankings.Select(ranking => ranking.NdcgAt10.Mean)];
    }

    private static async Task<TenantPlacement> FillAsync(ServiceProvider host)
    {
        CreatedTenant created = await host.GetRequiredService<CreateTenant>().RunAsync(
            new NewTenant("t" + Guid.NewGuid().ToString("N")[..16], Plan: "enterprise"), Caller.Admin(), Wait, default);
        TenantPlacement tenant = (await host.GetRequiredService<TenantCatalog>().FindPlacementAsync(created.Tenant, default))!;
        for (int n = 0; n < Documents; n++)
        {
            byte[] text = Encoding.UTF8.GetBytes(Words(n));
            DocumentPath path = DocumentPath.Parse($"{n}.txt");
            await host.GetRequiredService<UploadDocument>().RunAsync(tenant, path, new MemoryStream(text), new UploadTerms(text.Length), default);
            await host.GetRequiredService<ChunkDocument>().RunAsync(tenant, path, default);
        }

        return tenant;
    }

    private static string Words(int n) => string.Join(' ', Enumerable.Range(0, 4).Select(i => Word(n, i)));

    private static string Word(int n, int i) => $"{(char)('b' + (n % Documents))}{"aeou"[i]}zok";

    private static float[] Vector(int n, double own, double neighbours)
    {
        float[] vector = new float[Documents];
        vector[n] = (float)own;
        vector[(n + 1) % Documents] += (float)neighbours;
        return vector;
    }
}
