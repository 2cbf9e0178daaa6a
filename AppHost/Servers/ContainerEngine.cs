using System.ComponentModel;
using System.Diagnostics;

namespace InternPlatform.AppHost.Servers;

/// <summary>
/// Whether a container engine runs here. A client on the path proves nothing, and a container without an engine would wait for ever, with all
/// that waits for it: so the engine is asked before anything is added.
/// </summary>
internal static class ContainerEngine
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly Lazy<bool> Answer = new(Ask);

    public static bool Answers => Answer.Value;

    private static bool Ask()
    {
        var client = Environment.GetEnvironmentVariable("ASPIRE_CONTAINER_RUNTIME") is { Length: > 0 } named ? named : "docker";
        try
        {
            using var asked = Process.Start(new ProcessStartInfo(client, ["info", "--format", "{{.ID}}"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            if (asked.WaitForExit(Patience))
            {
                return asked.ExitCode == 0;
            }

            asked.Kill(entireProcessTree: true);
            return false;
        }
        catch (Win32Exception)
        {
            return false;    // no such program
        }
    }
}
