using System.CommandLine;
using Freehold.Bench;
using Freehold.Bench.Answers;
using Freehold.Bench.Cold;
using Freehold.Bench.Fairness;
using Freehold.Bench.Index;
using Freehold.Bench.Ingest;
using Freehold.Bench.Isolation;
using Freehold.Bench.Neighbours;
using Freehold.Bench.Onboard;
using Freehold.Bench.Provision;
using Freehold.Bench.Quality;
using Freehold.Bench.Readers;
using Freehold.Bench.Reconcile;
using Freehold.Bench.Search;
using Freehold.Bench.Setup;

Option<int> tenants = Number("--tenants", "New tenants, and bare copies.", 60);
Option<int> warmUp = Number("--warm-up", "Pairs before that are not counted.", 5);
Option<int> burst = Number("--burst", "Tenants that are asked for as fast as 16 clients can.", 1_000);
Command provision = new("provision", "A new tenant by the API, against a bare copy of the template database.") { tenants, warmUp, burst };

Option<int[]> sizes = new("--sizes")
{
    Description = "Chunks of each tenant: multiples of 10, and of 10,000 from 20,000 on.",
    DefaultValueFactory = _ => [1_000, 10_000],
    AllowMultipleArgumentsPerToken = true,
};
Option<int> queries = Number("--queries", "Queries of each tenant.", 300);
Option<int> saturation = Number("--saturation", "Seconds of each run with as many searches as there can be; 0 leaves them out.", 5, least: 0);
Command search = new("search", "Search by the API, against its statement alone, against the plainest dense statement.") { sizes, queries, saturation };

Option<int> documents = Number("--documents", "Short documents by the API; 0 leaves them out, and so with the others.", 2_000, least: 0);
Option<int> shortDocuments = Number("--short", "Short documents by the use case.", 4_000, least: 0);
Option<int> large = Number("--large", "Large documents.", 10, least: 0);
Option<int> largeBytes = Number("--large-bytes", "Bytes of a large document.", 2_000_000);
Option<int> largeAtATime = Number("--large-at-a-time", "Large documents that are taken in at a time.", 1);
Option<int> dropped = Number("--dropped", "Large documents that are dropped as blobs.", 10, least: 0);
Option<int> droppedBytes = Number("--dropped-bytes", "Bytes of each of those.", 5_000_000, least: 1_000);
Option<int> hugeBytes = Number("--huge-bytes", "Bytes of one text, dropped as a blob; 0 leaves the PDF out, too.", 200_000_000, least: 0);
Option<int> hugePages = Number("--huge-pages", "Pages of one PDF, dropped as a blob.", 10_000);
Option<int> curve = Number("--curve", "Short documents of one tenant that grows.", 100_000, least: 0);
Option<int> rounds = Number("--rounds", "Repetitions of what is compared.", 3);
Command ingest = new("ingest", "Documents taken in from end to end, by the use case alone, and against COPY.")
{
    documents, shortDocuments, large, largeBytes, largeAtATime, dropped, droppedBytes, hugeBytes, hugePages, curve, rounds,
};

Option<int> owners = Number("--tenants", "Tenants.", 200);
Option<int> chunks = Number("--chunks", "Vectors of each tenant.", 2_000);
Option<int> common = Number("--common", "How many of a hundred cluster centres all tenants have in common.", 0, least: 0);
Option<int> vectorQueries = Number("--queries", "Queries.", 300);
Option<int> budget = Number("--budget", "Connections to tenants' databases, over all tenants.", 50);
Command isolation = new("isolation", "A database each, against one table for all tenants.") { owners, chunks, common, vectorQueries, budget };

Option<int[]> indexSizes = new("--sizes")
{
    Description = "Vectors of each tenant, multiples of 10. 1000000 take 10 minutes and 5 GB of memory.",
    DefaultValueFactory = _ => [1_000, 10_000, 100_000],
    AllowMultipleArgumentsPerToken = true,
};
Option<int> indexQueries = Number("--queries", "Queries of each.", 200);
Option<int> indexMemory = Number("--memory", "Megabytes to build an index in.", 256);
Command index = new("index", "Dense search, exact and with an index: latency, recall, build time, size.") { indexSizes, indexQueries, indexMemory };

Option<int> coldTenants = Number("--tenants", "Tenants, each searched once.", 1_000, least: 20);
Option<int> coldChunks = Number("--chunks", "Chunks of each tenant.", 20);
Option<int> coldClients = Number("--clients", "Clients of the second pass.", 8);
Command cold = new("cold", "Search of tenants that have no connection, against a bare connect and the same statement.")
{
    coldTenants, coldChunks, coldClients,
};

Option<int> neighbourRounds = Number("--rounds", "Rounds: alone, beside the neighbour, beside one without limits.", 6);
Option<int> neighbourSeconds = Number("--seconds", "Seconds of each of the three.", 10);
Option<int> allowed = Number("--allowed", "Queries a minute that the neighbour's plan allows.", 600, least: 6);
Command neighbours = new("neighbours", "A calm tenant's searches beside one that asks ten times as much as its plan allows.")
{
    neighbourRounds, neighbourSeconds, allowed,
};

Option<int> queued = Number("--documents", "Documents that the other tenant has queued.", 10_000, least: 100);
Option<int> probes = Number("--probes", "Single documents of each kind on an idle system.", 9);
Command fairness = new("fairness", "A tenant's single document on an idle system, and while another's thousands are taken in.") { queued, probes };

Option<int> onboarded = Number("--tenants", "Tenants that are asked for, by 32 clients.", 1_000);
Option<int> ready = Number("--pool", "Projects in the warm pool at the beginning.", 100, least: 0);
Option<double> faulty = new("--faults") { Description = "Per cent of the calls to Neon that go wrong, in each of the ways.", DefaultValueFactory = _ => 1 };
Option<int> faultSeed = Number("--seed", "Which of them.", 1);
Command onboard = new("onboard", "Many tenants at a simulated Neon, with its rates and faults: how many a minute, how fast, what is left behind.")
{
    onboarded, ready, faulty, faultSeed,
};

Option<int> projects = Number("--projects", "Projects that Neon lists, and tenants.", 300_000, least: 2_000);
Command reconcile = new("reconcile", "What a simulated Neon lists against the catalog: time, memory, killed half-way, a listing that is not whole.") { projects };

Option<DirectoryInfo> readDocuments = new Option<DirectoryInfo>("--documents") { Description = "Folder of files to read, with what is below it." }.AcceptExistingOnly();
Option<int[]> pages = new("--pages")
{
    Description = "Pages of PDFs that are made up and read; the time a page should not grow.",
    DefaultValueFactory = _ => [500, 10_000],
    AllowMultipleArgumentsPerToken = true,
};
Command readers = new("readers", "Words of real files that the readers keep, and time and memory to read them. Needs no servers.") { readDocuments, pages };

Option<DirectoryInfo[]> collections = new Option<DirectoryInfo[]>("--corpus")
{
    Description = "Folder of a judged collection: docs.jsonl, queries.jsonl, qrels.tsv. More than once for more.",
    AllowMultipleArgumentsPerToken = true,
}.AcceptExistingOnly();
Option<FileInfo> against = new Option<FileInfo>("--against") { Description = "A run that was kept: what has changed since, question by question." }.AcceptExistingOnly();
Option<FileInfo> save = new("--save") { Description = "File to keep this run in." };
Option<ReadyVectors?> vectors = new("--vectors")
{
    Description = "Vectors in place of an embedding model's: a file of lines {text, vector}, or made:PULL or noise:PULL.",
    CustomParser = result => ReadyVectors.Parse(result.Tokens.Single().Value),
};
Option<double[]> weights = new("--weights")
{
    Description = "Weights of the dense side that are measured beside the model's, and the best of them told.",
    AllowMultipleArgumentsPerToken = true,
};
vectors.Validators.Add(result =>
{
    string source = result.Tokens.Single().Value;
    if (!ReadyVectors.IsMade(source) && !File.Exists(source))
    {
        result.AddError($"--vectors takes made:PULL, noise:PULL or a file. {source} is none.");
    }
});
Command quality = new("quality", "Rankings of judged collections, beside BM25 computed outside of the database.")
{
    collections, vectors, weights, against, save,
};

Option<bool> fit = new("--fit") { Description = "Fits the weights of the evidence anew, and shows them." };
Command answers = new("answers", "Judged questions answered, and declined without their documents. Only by its name.") { collections, fit };

Command hammer = new(HammerCommand.Name) { Hidden = true };
hammer.SetAction((_, cancellationToken) => HammerCommand.RunAsync(Console.In, Console.Out, cancellationToken));

Command reconcileHost = new(ReconcileCommand.Name) { Hidden = true };
reconcileHost.SetAction((_, cancellationToken) => ReconcileCommand.RunAsync(Console.In, Console.Out, cancellationToken));

Command connect = new(ConnectCommand.Name) { Hidden = true };
connect.SetAction((_, cancellationToken) => ConnectCommand.RunAsync(Console.In, Console.Out, cancellationToken));

Command query = new(QueryCommand.Name) { Hidden = true };
query.SetAction((_, cancellationToken) => QueryCommand.RunAsync(Console.In, Console.Out, cancellationToken));

Dictionary<Command, Func<ParseResult, Servers, CancellationToken, Task<Report>>> benchmarks = new()
{
    [provision] = (arguments, servers, cancellationToken) => new ProvisionBenchmark(
        servers, arguments.GetValue(tenants), arguments.GetValue(warmUp), arguments.GetValue(burst)).RunAsync(cancellationToken),
    [search] = (arguments, servers, cancellationToken) => new SearchBenchmark(
        servers, arguments.GetValue(sizes)!, arguments.GetValue(queries), TimeSpan.FromSeconds(arguments.GetValue(saturation))).RunAsync(cancellationToken),
    [ingest] = (arguments, servers, cancellationToken) => new IngestBenchmark(servers, new IngestSizes(
        arguments.GetValue(documents),
        arguments.GetValue(shortDocuments),
        arguments.GetValue(large),
        arguments.GetValue(largeBytes),
        arguments.GetValue(largeAtATime),
        arguments.GetValue(dropped),
        arguments.GetValue(droppedBytes),
        arguments.GetValue(hugeBytes),
        arguments.GetValue(hugePages),
        arguments.GetValue(curve),
        arguments.GetValue(rounds))).RunAsync(cancellationToken),
    [isolation] = (arguments, servers, cancellationToken) => new IsolationBenchmark(
        servers,
        new VectorSizes(arguments.GetValue(owners), arguments.GetValue(chunks), arguments.GetValue(common)),
        arguments.GetValue(vectorQueries),
        arguments.GetValue(budget)).RunAsync(cancellationToken),
    [index] = (arguments, servers, cancellationToken) => new IndexBenchmark(
        servers, arguments.GetValue(indexSizes)!, arguments.GetValue(indexQueries), arguments.GetValue(indexMemory)).RunAsync(cancellationToken),
    [cold] = (arguments, servers, cancellationToken) => new ColdBenchmark(
        servers, arguments.GetValue(coldTenants), arguments.GetValue(coldChunks), arguments.GetValue(coldClients)).RunAsync(cancellationToken),
    [neighbours] = (arguments, servers, cancellationToken) => new NeighboursBenchmark(
        servers, arguments.GetValue(neighbourRounds), arguments.GetValue(neighbourSeconds), arguments.GetValue(allowed)).RunAsync(cancellationToken),
    [fairness] = (arguments, servers, cancellationToken) => new FairnessBenchmark(
        servers, arguments.GetValue(queued), arguments.GetValue(probes)).RunAsync(cancellationToken),
    [onboard] = (arguments, servers, cancellationToken) => new OnboardBenchmark(
        servers, arguments.GetValue(onboarded), arguments.GetValue(ready), arguments.GetValue(faulty), arguments.GetValue(faultSeed)).RunAsync(cancellationToken),
    [reconcile] = (arguments, servers, cancellationToken) => new ReconcileBenchmark(servers, arguments.GetValue(projects)).RunAsync(cancellationToken),
};

RootCommand root = new("Measures Freehold. Without a command, everything. Figures that fall short are shown, and are no error.") { query, connect, hammer, reconcileHost };
root.SetAction(async (_, cancellationToken) =>
{
    foreach (Command benchmark in benchmarks.Keys)
    {
        await PublishAsync(benchmark, root.Parse([benchmark.Name]), cancellationToken);
    }
});
root.Add(readers);
root.Add(quality);
quality.SetAction(async (arguments, cancellationToken) => await PublishReportAsync(
    await new QualityBenchmark(
        Servers.FromEnvironment(),
        new QualityTerms(
            arguments.GetValue(collections) ?? [],
            arguments.GetValue(vectors),
            arguments.GetValue(weights) ?? [],
            arguments.GetValue(against),
            arguments.GetValue(save))).RunAsync(cancellationToken),
    cancellationToken));
readers.SetAction(async (arguments, cancellationToken) => await PublishReportAsync(
    await new ReadersBenchmark(arguments.GetValue(readDocuments)?.FullName, arguments.GetValue(pages)!).RunAsync(cancellationToken), cancellationToken));
root.Add(answers);
answers.SetAction(async (arguments, cancellationToken) => await PublishReportAsync(
    await new AnswersBenchmark(Servers.FromEnvironment(), arguments.GetValue(collections) ?? [], arguments.GetValue(fit)).RunAsync(cancellationToken),
    cancellationToken));
foreach (Command benchmark in benchmarks.Keys)
{
    root.Add(benchmark);
    benchmark.SetAction((arguments, cancellationToken) => PublishAsync(benchmark, arguments, cancellationToken));
}

// After Ctrl-C the databases are still to be dropped.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });

async Task PublishAsync(Command benchmark, ParseResult arguments, CancellationToken cancellationToken) =>
    await PublishReportAsync(await benchmarks[benchmark](arguments, Servers.FromEnvironment(), cancellationToken), cancellationToken);

static Task PublishReportAsync(Report report, CancellationToken cancellationToken) =>
    report.PublishAsync(Path.GetFullPath("../../../results", AppContext.BaseDirectory), cancellationToken);

static Option<int> Number(string name, string description, int byDefault, int least = 1)
{
    Option<int> option = new(name) { Description = description, DefaultValueFactory = _ => byDefault };
    option.Validators.Add(result =>
    {
        if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out int number) && number < least)
        {
            result.AddError($"{name} is at least {least}.");
        }
    });
    return option;
}
