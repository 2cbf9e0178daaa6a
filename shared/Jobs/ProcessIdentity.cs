using System.Diagnostics;
using System.Globalization;

namespace InternPlatform.Jobs;

/// <summary>A process told from a later one of the same id by when it began: ticks since boot on Linux, which no clock change moves.</summary>
internal sealed record ProcessIdentity(int Pid, long Start)
{
    private const int StartField = 22;

    public static ProcessIdentity Self { get; } = new(Environment.ProcessId, StartOf(Environment.ProcessId) ?? 0);

    public bool IsAlive => StartOf(Pid) == Start;

    /// <summary>Ends the process if it still is this one.</summary>
    public void Kill()
    {
        if (!IsAlive)
        {
            return;
        }

        try
        {
            using var process = Process.GetProcessById(Pid);
            process.Kill(entireProcessTree: true);
        }
        catch (ArgumentException)
        {
            // It ended in this instant.
        }
    }

    public static long? StartOf(int pid)
    {
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                using var process = Process.GetProcessById(pid);
                return process.StartTime.Ticks / TimeSpan.TicksPerSecond;
            }

            // The name, in parentheses, may hold spaces: count from behind it. A zombie has ended.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : long.Parse(fields[StartField - 3], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }
}
