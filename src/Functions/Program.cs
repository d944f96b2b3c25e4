using Freehold.Ai;
using Freehold.Answers;
using Freehold.Ingestion;
using Freehold.Migration;
using Freehold.Postgres;
using Freehold.Provisioning;
using Freehold.Retrieval;
using Freehold.Storage;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.Hosting;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.Services
    .AddTenants(builder.Configuration)
    .AddUsage(builder.Configuration)
    .AddPostgres(builder.Configuration)
    .AddStorage(builder.Configuration)
    .AddAi(builder.Configuration)
    .AddMigration()
    .AddProvisioning(builder.Configuration)
    .AddIngestion(builder.Configuration)
    .AddRetrieval(builder.Configuration)
    .AddAnswers(builder.Configuration);
builder.Build().Run();
