using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace InternPlatform.ServiceDefaults;

/// <summary>Everything a process of the platform is told from outside: section <c>Platform</c>, environment <c>Platform__Bus</c> and so on.</summary>
public sealed class PlatformOptions
{
    public const string Section = "Platform";

    /// <summary><c>embedded</c> or <c>distributed</c>.</summary>
    public string Profile { get; set; } = "embedded";

    /// <summary>Folder of databases, artefacts, keys and logs.</summary>
    public string Data { get; set; } = "";

    /// <summary><c>memory</c>, or an <c>amqp://</c> address.</summary>
    public string Bus { get; set; } = "";

    /// <summary><c>sqlite</c>, or a Postgres connection string in which <c>{name}</c> stands for the service.</summary>
    public string Database { get; set; } = "";

    /// <summary><c>folder</c>, <c>folder:/path</c>, or the address of an S3 server.</summary>
    public string Artifacts { get; set; } = "";

    /// <summary>Path of the ES256 key that signs and checks service assertions. The first process to need it makes it.</summary>
    public string AssertionKey { get; set; } = "";

    /// <summary>
    /// Base addresses of services by name, those of several instances separated by <c>;</c>. In the embedded profile every service answers at the
    /// process's own address.
    /// </summary>
    public Dictionary<string, string> Services { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>This host's name.</summary>
    public string Host { get; set; } = "";

    /// <summary>This process's name among the instances of its service on one data folder; the service's own name where it is the first, or the only one.</summary>
    public string Instance { get; set; } = "";

    /// <summary><c>all</c>; <c>api</c>: answers and runs no jobs; <c>worker</c>: runs jobs and answers nothing but health.</summary>
    public string Role { get; set; } = "all";

    /// <summary>Answers its routes and consumes messages.</summary>
    public bool Serves => Role != "worker";

    /// <summary>Runs jobs, and whatever else goes on by itself.</summary>
    public bool Works => Role != "api";

    /// <summary>What one process of a service has to do alone is left to this one.</summary>
    public bool IsFirst => Instance == Host;

    public bool Embedded => Profile == "embedded";

    /// <summary>The addresses of a service's instances; none where it is not known.</summary>
    public IReadOnlyList<string> AddressesOf(string service) =>
        Services.TryGetValue(service, out var addresses) ? addresses.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [];

    public string ServiceFolder(string service) => Path.Combine(Data, service);

    /// <summary>The options of the host being built, for use inside <see cref="PlatformService.AddServices"/>.</summary>
    public static PlatformOptions Of(IHostApplicationBuilder builder) =>
        builder.Properties.TryGetValue(typeof(PlatformOptions), out var options) && options is PlatformOptions found
            ? found
            : throw new InvalidOperationException("The builder was not made by PlatformHost, so it has no PlatformOptions.");

    /// <summary>The options handed to a child process by <see cref="ToEnvironment"/>.</summary>
    public static PlatformOptions OfEnvironment() =>
        PlatformOptionsReader.Read(new ConfigurationBuilder().AddEnvironmentVariables().Build(), embedded: true);

    /// <summary>The same options as environment variables, for a child that starts with an otherwise clean environment.</summary>
    public IReadOnlyDictionary<string, string> ToEnvironment()
    {
        var variables = new Dictionary<string, string>
        {
            [Variable(nameof(Profile))] = Profile,
            [Variable(nameof(Data))] = Data,
            [Variable(nameof(Bus))] = Bus,
            [Variable(nameof(Database))] = Database,
            [Variable(nameof(Artifacts))] = Artifacts,
            [Variable(nameof(AssertionKey))] = AssertionKey,
            [Variable(nameof(Host))] = Host,
        };
        foreach (var (service, address) in Services)
        {
            variables[$"{Variable(nameof(Services))}__{service}"] = address;
        }

        return variables;
    }

    /// <summary>Name of the environment variable that sets a property.</summary>
    public static string Variable(string property) => $"{Section}__{property}";
}
