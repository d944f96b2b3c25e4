using System.CommandLine;
using Freehold.Demo;
using Spectre.Console;

Option<string> url = new("--url") { Description = "The API, e.g. http://localhost:7071/api", Required = true };
Option<FileInfo> adminKey = new("--admin-key") { Description = "File with the admin key", Required = true };
Option<DirectoryInfo> data = new("--data") { Description = "Folder for the demo tenants' keys; holds storage.connection", Required = true };
RootCommand command = new("Makes two tenants with their handbooks, unless there are tenants already, and asks both the same questions.")
{
    url, adminKey, data,
};
command.SetAction(async (arguments, cancellationToken) =>
{
    using HttpClient http = new() { BaseAddress = new Uri(arguments.GetRequiredValue(url).TrimEnd('/') + "/") };
    string key = (await File.ReadAllTextAsync(arguments.GetRequiredValue(adminKey).FullName, cancellationToken)).Trim();
    Tour tour = new(http, new Api(http, key), arguments.GetRequiredValue(data).FullName, AppContext.BaseDirectory, AnsiConsole.Console);
    return await tour.RunAsync(cancellationToken);
});
return await command.Parse(args).InvokeAsync();
