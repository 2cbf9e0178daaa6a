using System.Globalization;

namespace InternPlatform.Jobs;

/// <summary>Name of a supervisor in a lease: machine, process, its start, and a number that tells two in one process apart.</summary>
internal static class JobOwner
{
    public static string New() => $"{Environment.MachineName}/{ProcessIdentity.Self.Pid}/{ProcessIdentity.Self.Start}/{Guid.CreateVersion7():N}";

    public static bool IsHere(string? owner) => owner?.Split('/')[0] == Environment.MachineName;

    /// <summary>True only where it is known: its process ran on this machine and is gone.</summary>
    public static bool IsDead(string? owner)
        => IsHere(owner) && owner!.Split('/') is [_, var pid, var start, _]
            && !new ProcessIdentity(int.Parse(pid, CultureInfo.InvariantCulture), long.Parse(start, CultureInfo.InvariantCulture)).IsAlive;
}
