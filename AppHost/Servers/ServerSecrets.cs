using System.Security.Cryptography;
using System.Text.Json;

namespace InternPlatform.AppHost.Servers;

/// <summary>Passwords of the local servers, made once: <c>keys/servers.json</c>, for its owner only.</summary>
internal sealed record ServerSecrets(string Database, string Bus, string AccessKey, string SecretKey)
{
    public static ServerSecrets ReadOrCreate(string data)
    {
        var path = Path.Combine(data, "keys", "servers.json");
        if (File.Exists(path))
        {
            return JsonSerializer.Deserialize<ServerSecrets>(File.ReadAllText(path)) ?? throw new JsonException($"{path} is empty.");
        }

        // Letters and digits only: they stand in addresses and in a broker's configuration.
        var made = new ServerSecrets(Secret(), Secret(), Secret(), Secret());
        CreateFolder(data);
        CreateFolder(Path.GetDirectoryName(path)!);
        var draft = $"{path}.new";
        using (var file = new FileStream(draft, Options()))
        {
            JsonSerializer.Serialize(file, made);
        }

        File.Move(draft, path);
        return made;
    }

    private static string Secret() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    private static FileStreamOptions Options()
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    private static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
