using Freehold.Ingestion.Archives;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Freehold.Ingestion;

/// <summary>Registers the taking in of documents.</summary>
public static class IngestionServiceCollectionExtensions
{
    /// <summary>Settings: <c>Ingestion</c>.</summary>
    public static IServiceCollection AddIngestion(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<IngestionOptions>().Bind(configuration.GetSection("Ingestion")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<IngestionOptions>, IngestionOptionsValidator>();
        services.AddSingleton<DocumentReading>();
        services.AddTransient<Claims>();
        services.AddTransient<Manifest>();
        services.AddTransient<Turns>();
        services.AddTransient<Notes>();
        services.AddTransient<Admission>();
        services.AddTransient<IngestionUse>();
        services.AddTransient<FindDocument>();
        services.AddTransient<UploadDocument>();
        services.AddTransient<OfferUpload>();
        services.AddTransient<DeleteDocument>();
        services.AddTransient<ReadText>();
        services.AddTransient<TakeInVersion>();
        services.AddTransient<TenantWaits>();
        services.AddTransient<UnpackArchive>();
        services.AddTransient<ChunkDocument>();
        services.AddTransient<EmbedChunks>();
        services.AddTransient<NoteDocument>();
        services.AddTransient<EndTurn>();
        services.AddTransient<ResumeDocuments>();
        services.AddTransient<RetryDocuments>();
        services.AddTransient<BuryMessage>();
        services.AddTransient<FailedDocuments>();
        services.AddTransient<SweepDocuments>();
        services.AddTransient<SweepRounds>();
        services.AddTransient<SummarizeDocuments>();
        services.AddTransient<DocumentChanges>();
        services.AddSingleton<FollowDocuments>();
        return services;
    }
}
