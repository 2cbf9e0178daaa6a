using System.Net;
using System.Net.Sockets;
using InternPlatform.AppHost.Servers;

namespace InternPlatform.AppHost;

/// <summary>What can be told at once, before anything is started: a file that is not there, a taken port, a data folder in use.</summary>
internal static class StartChecks
{
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(45);

    public static bool Pass(HostArguments arguments, out IReadOnlyList<string> refusals)
    {
        refusals = new[]
        {
            FileFault(arguments.TourFile),
            PortFault(arguments.Port),
            DataFault(arguments.Data),
            arguments.Distributed && !ContainerEngine.Answers ? InstalledServers.Missing() : null,
        }.OfType<string>().ToList();
        return refusals.Count == 0;
    }

    /// <summary>Aspire lets go of its processes before they have ended; whoever starts the host again at once would find them in the way.</summary>
    public static async Task WaitUntilLeftAsync(string data)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (DataFault(data) is not null && TimeProvider.System.GetElapsedTime(started) < LongestStop)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }

    private static string? FileFault(string? path)
    {
        if (path is null)
        {
            return null;
        }

        if (Directory.Exists(path))
        {
            return $"--tour {path}: is a folder. Give a text, Markdown, JSON, JSON Lines or Parquet file.";
        }

        try
        {
            using var file = File.OpenRead(path);
            return file.Length > 0 ? null : $"--tour {path}: the file is empty.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"--tour {path}: cannot be read. {e.Message}";
        }
    }

    private static string? PortFault(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return null;
        }
        catch (SocketException e)
        {
            return $"--port {port}: cannot be used ({e.Message}). Stop the program that uses it, or choose another port.";
        }
    }

    /// <summary>The process of the embedded profile, and each instance of a service in the distributed one, holds a lock.</summary>
    private static string? DataFault(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, "*.lock")
            .Concat(Directory.EnumerateDirectories(folder).SelectMany(LocksOf))
            .Select(held => HeldFault(folder, held)).FirstOrDefault(fault => fault is not null)
        : null;

    private static IEnumerable<string> LocksOf(string folder)
    {
        var service = Path.GetFileName(folder);
        return [.. Directory.EnumerateFiles(folder, $"{service}.lock"), .. Directory.EnumerateFiles(folder, $"{service}-*.lock")];
    }

    private static string? HeldFault(string folder, string held)
    {
        var note = Path.ChangeExtension(held, ".pid");
        try
        {
            using var file = new FileStream(held, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var holder = File.Exists(note) ? $" by process {File.ReadAllText(note)}" : "";
            return $"--data {folder}: in use{holder}. Stop that one, or give another folder.";
        }
    }
}
