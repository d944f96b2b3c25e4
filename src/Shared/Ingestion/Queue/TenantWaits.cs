using Freehold.Ai;
using Freehold.Postgres;
using Freehold.Tenants;
using Microsoft.Extensions.Logging;

namespace Freehold.Ingestion;

/// <summary>Says when nothing can be done for a tenant's documents now, whatever they are. They wait then, and lose no attempt.</summary>
public sealed class TenantWaits(TenantDataSources dataSources, EmbeddingModels models, ILogger<TenantWaits> logger)
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    /// <summary>How long a document waits before its tenant is asked about again; null when it need not wait.</summary>
    internal TimeSpan? Find(TenantPlacement tenant)
    {
        if (tenant.State != TenantState.Active)
        {
            // One that is resumed wakes its documents.
            return tenant.State == TenantState.Provisioning ? Short : Long;
        }

        if (dataSources.IsBehind(tenant))
        {
            return Short;
        }

        if (models.Find(tenant.EmbeddingModel) is null)
        {
            Log.ModelMissing(logger, tenant.Uid, tenant.EmbeddingModel);
            return Long;
        }

        return null;
    }
}
