namespace InternPlatform.AppHost.Servers;

/// <summary>Whether the programs that the distributed profile needs are on this machine, asked before anything is started.</summary>
internal static class InstalledServers
{
    private static readonly (string Package, Func<bool> IsThere)[] Needed =
    [
        ("postgresql", () => Any("/usr/lib/postgresql", "bin/postgres") || OnPath("postgres")),
        ("rabbitmq-server", () => Any("/usr/lib/rabbitmq/lib", "sbin/rabbitmq-server")),
        ("radosgw", () => OnPath("radosgw")),
        ("ceph-mon", () => OnPath("ceph-mon")),
        ("ceph-osd", () => OnPath("ceph-osd")),
        ("ceph-common", () => OnPath("ceph")),
    ];

    /// <returns>What to install; null where all is there.</returns>
    public static string? Missing()
    {
        var missing = Needed.Where(program => !program.IsThere()).Select(program => program.Package).ToList();
        return missing.Count == 0
            ? null
            : $"--profile distributed: this machine lacks {string.Join(", ", missing)}. On Debian and Ubuntu: apt-get install --no-install-recommends {string.Join(' ', missing)}. Or start a container engine, which brings its own. Or leave --profile out: the embedded profile needs none of them.";
    }

    private static bool Any(string root, string program) => Directory.Exists(root) && Directory.EnumerateDirectories(root).Any(version => File.Exists(Path.Combine(version, program)));

    private static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));
}
