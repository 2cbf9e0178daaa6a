using InternPlatform.AppHost;
using InternPlatform.AppHost.Tour;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// The map of the system. Embedded: one process holds every service, the edge and the portal.
if (!HostArguments.TryRead(args, Environment.CurrentDirectory, out var arguments, out var refusals)
    || !StartChecks.Pass(arguments, out refusals))
{
    foreach (var refusal in refusals)
    {
        await Console.Error.WriteLineAsync(refusal);
    }

    return HostArguments.RefusedExitCode;
}

var dashboard = Dashboard.Prepare();
var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { AllowUnsecuredTransport = true });
dashboard.Configure(builder);
builder.KeepQuiet();

var standalone = builder.AddProject<Projects.Standalone>("standalone")
    // Without Aspire's proxy: one that has lost its process accepts calls and never answers them.
    .WithHttpEndpoint(port: arguments.Port, isProxied: false)
    .WithEnvironment("Platform__Data", arguments.Data)
    .WithEnvironment("Platform__PrintLink", "false")
    .WithEnvironment("Platform__OperatorToken", arguments.Tour ? "true" : "false")
    .WithHttpHealthCheck("/health/ready");

builder.Services.AddSingleton(arguments).AddSingleton<HostEnd>();
builder.Services.AddHostedService<KeepRunning>();
builder.Services.AddHostedService<WelcomeLine>();
if (arguments.Tour)
{
    builder.Services.AddHostedService<TourGuide>();
}

await using var app = builder.Build();
var end = app.Services.GetRequiredService<HostEnd>();
await app.StartAsync();
Console.WriteLine($"Dashboard of the processes: {dashboard.Url}");
await app.WaitForShutdownAsync();
await StartChecks.WaitUntilLeftAsync(arguments.Data);
return end.Conclude();
