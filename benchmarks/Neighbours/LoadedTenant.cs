using Freehold.Bench.Setup;
using Freehold.Tenants;

namespace Freehold.Bench.Neighbours;

/// <summary>A tenant with documents, and questions about them.</summary>
internal sealed record LoadedTenant(TenantPlacement Placement, string[] Queries)
{
    private const int ChunksOfDocument = 10;
    private const int ParagraphLength = 1_000;
    private const int QuestionCount = 200;

    public static async Task<LoadedTenant> LoadAsync(
        Installation installation, MemoryBlobs blobs, string plan, int chunks, CancellationToken cancellationToken)
    {
        Corpus corpus = new(chunks);
        string[] texts = [.. Enumerable.Range(0, chunks / ChunksOfDocument).Select(_ => corpus.Document(ChunksOfDocument, ParagraphLength))];
        TenantPlacement placement = await installation.ProvisionAsync(plan, cancellationToken);
        Loading.Put(blobs, placement, texts);
        await Loading.TakeInAsync(installation, placement, texts.Length, atATime: 4, cancellationToken);

        // As autovacuum does sooner or later.
        await installation.Servers.ExecuteAsync("vacuum (analyze)", cancellationToken, placement.Database!);
        blobs.Clear();
        return new LoadedTenant(placement, [.. Enumerable.Range(0, QuestionCount).Select(_ => corpus.Fragment(texts[corpus.Next(texts.Length)]))]);
    }

    /// <summary>A process that asks as this tenant, so often a second.</summary>
    public async Task<LineProcess> HammerAsync(Installation installation, Uri address, double perSecond, CancellationToken cancellationToken)
    {
        string key = await installation.MakeKeyAsync(Placement, cancellationToken);
        HammerSetup setup = new(address, Placement.Id.Value, key, perSecond, Queries);
        return await LineProcess.StartAsync(HammerCommand.Name, setup, cancellationToken);
    }
}
