using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace InternPlatform.ServiceDefaults;

/// <summary>Runs one service or several in this process, or a child's work where the command line asks for it.</summary>
public static class PlatformHost
{
    /// <summary>A service alone, or several without an edge.</summary>
    /// <returns>The exit code: 0, or 2 where it could not start as told.</returns>
    public static Task<int> RunAsync(string[] args, params IReadOnlyList<PlatformService> services) =>
        RunAsync(args, services, new HostExtensions { Name = services[0].Name, Embedded = services.Count > 1 });

    /// <summary>Services with an edge, a portal or both around them.</summary>
    public static async Task<int> RunAsync(string[] args, IReadOnlyList<PlatformService> services, HostExtensions extensions)
    {
        try
        {
            return FindChild(args, services) is { } child
                ? await RunChildAsync(child, args)
                : await ServeAsync(args, services, extensions);
        }
        catch (StartRefusedException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return StartRefusedException.ExitCode;
        }
        catch (OptionsValidationException e)
        {
            await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, e.Failures));
            return StartRefusedException.ExitCode;
        }
    }

    private static async Task<int> ServeAsync(string[] args, IReadOnlyList<PlatformService> services, HostExtensions extensions)
    {
        await using var app = PlatformHostBuilder.Build(args, services, extensions);
        try
        {
            await app.StartAsync();
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new StartRefusedException($"{e.Message.TrimEnd('.')}. Stop the program that uses it, or choose another port with --port or ASPNETCORE_URLS.");
        }

        PlatformHostBuilder.Announce(app);
        await app.WaitForShutdownAsync();
        // A part that died stops the host; whoever watches over it starts it again only if it says that it failed.
        return app.Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(part => part.ExecuteTask?.IsFaulted == true) ? 1 : 0;
    }

    private static ChildMain? FindChild(string[] args, IReadOnlyList<PlatformService> services)
    {
        if (args is not [{ Length: > 0 } verb, ..] || verb[0] == '-')
        {
            return null;
        }

        var named = Array.IndexOf(args, "--service") is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
        var found = services.Where(service => service.Children.ContainsKey(verb) && (named is null || service.Name == named)).ToList();
        return found.Count switch
        {
            1 => found[0].Children[verb],
            0 => throw new StartRefusedException($"'{verb}'{(named is null ? "" : $" of the service '{named}'")} is not something this host can run."),
            _ => throw new StartRefusedException($"Several services run '{verb}': say which with --service {string.Join('|', found.Select(service => service.Name))}."),
        };
    }

    private static async Task<int> RunChildAsync(ChildMain child, string[] args)
    {
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        return await child(args, stop.Token);

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}
