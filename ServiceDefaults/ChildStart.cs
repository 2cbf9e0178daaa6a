using System.Diagnostics;
using System.Reflection;
using System.Text;

namespace InternPlatform.ServiceDefaults;

/// <summary>How this host starts a child of itself: its own executable, three piped streams in UTF-8, and an environment with nothing in it that was not meant for it.</summary>
public static class ChildStart
{
    private static readonly string[] KeptNames = ["PATH", "HOME", "USER", "TMPDIR", "TMP", "TEMP", "TZ", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "SystemRoot"];
    private static readonly string[] KeptPrefixes = ["LC_", "DOTNET_"];

    /// <param name="arguments">The verb and what follows it.</param>
    /// <param name="keptPrefixes">Beginnings of further variables that the child needs.</param>
    public static ProcessStartInfo Of(IEnumerable<string> arguments, params IReadOnlyList<string> keptPrefixes)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(Assembly.GetEntryAssembly()!.Location);
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var name in start.Environment.Keys.Where(name => !IsKept(name, keptPrefixes)).ToList())
        {
            start.Environment.Remove(name);
        }

        return start;
    }

    private static bool IsKept(string name, IReadOnlyList<string> prefixes) =>
        KeptNames.Contains(name) || KeptPrefixes.Concat(prefixes).Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
}
