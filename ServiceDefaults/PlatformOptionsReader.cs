using Microsoft.Extensions.Configuration;

namespace InternPlatform.ServiceDefaults;

/// <summary>Reads <see cref="PlatformOptions"/> and refuses, all at once, what is missing or cannot be.</summary>
internal static class PlatformOptionsReader
{
    private static readonly (string Property, Func<PlatformOptions, string> Value, string Meaning)[] Needed =
    [
        (nameof(PlatformOptions.Bus), o => o.Bus, "the message bus: amqp://user:password@host, or memory for a trial of this one service"),
        (nameof(PlatformOptions.Database), o => o.Database, "the database: a Postgres connection string with {name} for the service, or sqlite"),
        (nameof(PlatformOptions.Artifacts), o => o.Artifacts, "the artefact store: folder:/path, or the address of an S3 server"),
        (nameof(PlatformOptions.AssertionKey), o => o.AssertionKey, "path of the key that all services share to sign and check assertions"),
    ];

    public static PlatformOptions Read(IConfiguration configuration, bool embedded)
    {
        var options = new PlatformOptions { Profile = embedded ? "embedded" : "distributed" };
        configuration.GetSection(PlatformOptions.Section).Bind(options);
        options.Data = FullPath(options.Data.Length > 0 ? options.Data : "~/.internplatform");
        if (embedded)
        {
            SupplyEmbedded(options);
        }

        if (options.AssertionKey.Length > 0)
        {
            options.AssertionKey = FullPath(options.AssertionKey);
        }

        return options;
    }

    /// <summary>A host alone has no defaults: the profile is a decision, not a fallback.</summary>
    public static void RefuseIncomplete(PlatformOptions options)
    {
        var lines = Needed
            .Where(needed => needed.Value(options).Length == 0)
            .Select(needed => $"  {PlatformOptions.Variable(needed.Property)}=…  {needed.Meaning}")
            .ToList();
        if (lines.Count > 0)
        {
            throw new StartRefusedException([$"{options.Host} cannot start alone: set these environment variables.", .. lines]);
        }
    }

    public static void RefuseImpossible(PlatformOptions options)
    {
        var lines = new List<string>();
        if (options.Profile is not ("embedded" or "distributed"))
        {
            lines.Add($"{PlatformOptions.Variable(nameof(options.Profile))}={options.Profile}: embedded or distributed.");
        }

        if (options.Bus != "memory" && !IsAddress(options.Bus, "amqp", "amqps"))
        {
            lines.Add($"{PlatformOptions.Variable(nameof(options.Bus))}={options.Bus}: memory, or an address that begins with amqp:// or amqps://.");
        }

        if (options.Role is not ("all" or "api" or "worker"))
        {
            lines.Add($"{PlatformOptions.Variable(nameof(options.Role))}={options.Role}: all, api or worker.");
        }
        else if (options is { Embedded: true, Role: not "all" })
        {
            lines.Add($"{PlatformOptions.Variable(nameof(options.Role))}={options.Role}: one process holds every service here, and does all of their work.");
        }

        if (!options.Instance.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            lines.Add($"{PlatformOptions.Variable(nameof(options.Instance))}={options.Instance}: letters, digits and hyphens.");
        }

        lines.AddRange(options.Services.Keys
            .Where(service => options.AddressesOf(service) is var addresses && (addresses.Count == 0 || !addresses.All(address => IsAddress(address, "http", "https"))))
            .Select(service => $"{PlatformOptions.Variable(nameof(options.Services))}__{service}={options.Services[service]}: an http or https address, or several with ; between them."));
        if (lines.Count > 0)
        {
            throw new StartRefusedException(lines);
        }
    }

    private static void SupplyEmbedded(PlatformOptions options)
    {
        options.Bus = Or(options.Bus, "memory");
        options.Database = Or(options.Database, "sqlite");
        options.Artifacts = Or(options.Artifacts, "folder");
        options.AssertionKey = Or(options.AssertionKey, Path.Combine(options.Data, "keys", "assertion.pem"));
    }

    private static string Or(string value, string otherwise) => value.Length > 0 ? value : otherwise;

    private static bool IsAddress(string value, params ReadOnlySpan<string> schemes) =>
        Uri.TryCreate(value, UriKind.Absolute, out var address) && schemes.Contains(address.Scheme);

    private static string FullPath(string path) =>
        Path.GetFullPath(path is "~" || path.StartsWith("~/", StringComparison.Ordinal)
            ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..]
            : path);
}
