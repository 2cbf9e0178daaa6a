using InternPlatform.ServiceDefaults;

namespace InternPlatform.Identity;

/// <summary>
/// Files in the data folder that hand a one-time token to whoever owns the folder: <c>welcome-token</c> for the person,
/// <c>operator-token</c> for the host's own tour. They are gone once used.
/// </summary>
internal sealed class SignInFiles(PlatformOptions options)
{
    private static readonly string[] All = ["welcome-token", "operator-token"];

    public void Write(string name, string token) => OwnerOnly.Write(Path.Combine(options.Data, name), token);

    public void Forget(string token)
    {
        foreach (var path in All.Select(name => Path.Combine(options.Data, name)))
        {
            if (File.Exists(path) && File.ReadAllText(path) == token)
            {
                File.Delete(path);
            }
        }
    }
}
