using InternPlatform.AppHost;
using InternPlatform.AppHost.Tour;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// The map of the system: Embedded.cs or Distributed.cs.
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

if (arguments.Distributed)
{
    Distributed.Add(builder, arguments);
}
else
{
    Embedded.Add(builder, arguments);
}

builder.Services.AddSingleton(arguments).AddSingleton<HostEnd>();
// Before Aspire's own, whose start ends when the last process is up: one that dies meanwhile is started again, too.
builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService, KeepRunning>());
builder.Services.AddHostedService<WelcomeLine>();
if (arguments.Tour)
{
    builder.Services.AddHostedService<TourGuide>();
}

await using var app = builder.Build();
var end = app.Services.GetRequiredService<HostEnd>();
try
{
    await app.StartAsync();
    Console.WriteLine($"Dashboard of the processes: {dashboard.Url}");
    await app.WaitForShutdownAsync();
}
catch (OperationCanceledException) when (app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested)
{
    // Told to stop, or given up, while processes were still starting.
    await app.StopAsync();
}

await StartChecks.WaitUntilLeftAsync(arguments.Data);
return end.Conclude();
