using System.Text.RegularExpressions;
using Xunit;

namespace InternPlatform.Architecture.Tests;

/// <summary>Where pointers and instructions may live, and what a kernel owes its reader.</summary>
public sealed partial class KernelRuleTests
{
    [Fact]
    public void Pointers_and_intrinsics_live_in_kernels()
    {
        var offences =
            from source in ProductSources()
            where !source.StartsWith("kernels/", StringComparison.Ordinal) && !IsNative(source)
            let use = UnsafeUse().Match(WithoutComments(source))
            where use.Success
            select $"{source}: {use.Value}";

        Assert.Empty(offences);
    }

    [Fact]
    public void Foreign_functions_are_called_from_Native_folders()
    {
        var offences =
            from source in ProductSources()
            where !IsNative(source) && !source.StartsWith("kernels/", StringComparison.Ordinal)
            let use = ForeignUse().Match(WithoutComments(source))
            where use.Success
            select $"{source}: {use.Value}";

        Assert.Empty(offences);
    }

    [Fact]
    public void Every_kernel_stands_beside_its_definition_and_is_tested_against_it()
    {
        var tests = string.Join('\n', Repository.Sources("tests").Select(Repository.Read));
        var offences =
            from source in Repository.Sources("kernels")
            let text = Repository.Read(source)
            where PublicInvoke().IsMatch(text)
            let name = PublicStaticClass().Match(text).Groups[1].Value
            where name.Length > 0
            from lack in Lacks(name, text, tests)
            select $"{source}: {lack}";

        Assert.Empty(offences);
    }

    [Fact]
    public void Kernels_know_numbers_only()
    {
        var offences =
            from source in Repository.Sources("kernels")
            let use = Regex.Match(WithoutComments(source), @"\b(System\.IO|System\.Net|Microsoft\.Extensions|File\.|Console\.|ILogger)\b?")
            where use.Success
            select $"{source}: {use.Value}";

        Assert.Empty(offences);
    }

    private static IEnumerable<string> Lacks(string kernel, string text, string tests)
    {
        if (!text.Contains(" Reference(", StringComparison.Ordinal) && !text.Contains(" Reference<", StringComparison.Ordinal))
        {
            yield return $"{kernel} has no Reference";
        }

        if (!Regex.IsMatch(tests, $@"\b{kernel}\.Reference\b"))
        {
            yield return $"no test calls {kernel}.Reference";
        }
    }

    private static IEnumerable<string> ProductSources() =>
        Repository.Sources().Where(source => !source.StartsWith("tests/", StringComparison.Ordinal) && !source.StartsWith("samples/", StringComparison.Ordinal));

    private static bool IsNative(string source) =>
        source.StartsWith("shared/Training/Native/", StringComparison.Ordinal) || source.StartsWith("shared/Jobs/Native/", StringComparison.Ordinal);

    private static string WithoutComments(string source) => Comment().Replace(Repository.Read(source), "");

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\bunsafe(?=\s)|\bstackalloc\s+\w+\s*\*|System\.Runtime\.Intrinsics|\bVector(64|128|256|512)\b")]
    private static partial Regex UnsafeUse();

    [GeneratedRegex(@"\bDllImport\b|\bLibraryImport\b|NativeLibrary\.(Load|TryLoad|GetExport)")]
    private static partial Regex ForeignUse();

    [GeneratedRegex(@"\bpublic static (unsafe )?\w+ Invoke[(<]")]
    private static partial Regex PublicInvoke();

    [GeneratedRegex(@"\bpublic static (?:unsafe )?(?:partial )?class (\w+)")]
    private static partial Regex PublicStaticClass();
}
