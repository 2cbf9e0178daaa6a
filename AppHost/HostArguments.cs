using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace InternPlatform.AppHost;

/// <summary>The command line of the host. What it does not know it refuses by name.</summary>
internal sealed record HostArguments
{
    public const int RefusedExitCode = 2;

    public string Profile { get; private set; } = "embedded";
    public int Port { get; private set; } = 8080;
    public string Data { get; private set; } = "~/.internplatform";
    public bool Tour { get; private set; }

    /// <summary>The tour's own text; null: the built-in sample.</summary>
    public string? TourFile { get; private set; }
    public bool Exit { get; private set; }

    /// <summary>Processes of a service that answer; one where it is not named.</summary>
    public IReadOnlyDictionary<string, int> Replicas { get; private set; } = new Dictionary<string, int>();

    /// <summary>Processes of a service that run its jobs and answer nothing; none where it is not named.</summary>
    public IReadOnlyDictionary<string, int> Workers { get; private set; } = new Dictionary<string, int>();

    public bool Distributed => Profile == "distributed";

    public string Address => $"http://localhost:{Port}";

    public static bool TryRead(
        IReadOnlyList<string> args, string currentFolder, [NotNullWhen(true)] out HostArguments? arguments, out IReadOnlyList<string> refusals)
    {
        var read = new HostArguments();
        var faults = new List<string>();
        for (var i = 0; i < args.Count; i++)
        {
            var value = i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal) ? args[i + 1] : null;
            var (fault, took) = read.Take(args[i], value, currentFolder);
            i += took ? 1 : 0;
            if (fault is not null)
            {
                faults.Add(fault);
            }
        }

        if (read.Exit && !read.Tour)
        {
            faults.Add("--exit: stops when a tour ends, so it needs --tour.");
        }

        if (!read.Distributed && read.Replicas.Count + read.Workers.Count > 0)
        {
            faults.Add("--replicas and --workers: more processes of a service need --profile distributed; the embedded profile is one process.");
        }

        read.Data = FullPath(read.Data, currentFolder);
        refusals = faults;
        arguments = faults.Count == 0 ? read : null;
        return faults.Count == 0;
    }

    private (string? Fault, bool TookValue) Take(string name, string? value, string currentFolder)
    {
        switch (name)
        {
            case "--profile" when value is not null:
                Profile = value;
                return (ProfileFault(value), true);
            case "--port" when value is not null:
                var isPort = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535;
                Port = port;
                return (isPort ? null : $"--port {value}: a number from 1 to 65535.", true);
            case "--data" when value is not null:
                Data = value;
                return (null, true);
            case "--tour":
                Tour = true;
                TourFile = value is null ? null : FullPath(value, currentFolder);
                return (null, value is not null);
            case "--replicas" when value is not null:
                (Replicas, var tooMany) = ServiceCounts.Read(value, ServiceCounts.WhyNotTwice);
                return (tooMany is null ? null : $"--replicas {value}: {tooMany}", true);
            case "--workers" when value is not null:
                (Workers, var noJobs) = ServiceCounts.Read(value, ServiceCounts.WhyNoWorker);
                return (noJobs is null ? null : $"--workers {value}: {noJobs}", true);
            case "--exit":
                Exit = true;
                return (null, false);
            case "--profile" or "--port" or "--data" or "--replicas" or "--workers":
                return ($"{name}: needs a value.", false);
            default:
                return ($"{name}: not an option of this version. There are --profile NAME, --port N, --data DIR, --replicas NAME=N,…, --workers NAME=N,…, --tour [FILE] and --exit.", value is not null);
        }
    }

    private static string? ProfileFault(string value) => value switch
    {
        "embedded" or "distributed" => null,
        _ => $"--profile {value}: embedded or distributed.",
    };

    private static string FullPath(string path, string currentFolder)
    {
        var expanded = path is "~" || path.StartsWith("~/", StringComparison.Ordinal)
            ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..]
            : path;
        return Path.GetFullPath(expanded, currentFolder);
    }
}
