using System.Diagnostics;
using InternPlatform.Tests.Support;

namespace InternPlatform.Tokenization.Tests;

/// <summary>sentencepiece's own commands, the judge of our ids.</summary>
internal static class SpmCommand
{
    public static int[][] Encode(string model, IReadOnlyList<string> lines) =>
        [.. Run("spm_encode", $"--output_format=id --model={model}", lines).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToArray())];

    public static string[] Decode(string model, IReadOnlyList<int[]> lines) =>
        Run("spm_decode", $"--input_format=id --model={model}", [.. lines.Select(ids => string.Join(' ', ids))]);

    public static string Train(string folder, IReadOnlyList<string> lines, string options)
    {
        var model = Path.Combine(folder, "trained");
        Run("spm_train", $"--model_prefix={model} --minloglevel=2 {options}", lines, input: "--input=");
        return model + ".model";
    }

    private static string[] Run(string command, string arguments, IReadOnlyList<string> lines, string input = "")
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, command))), $"The command {command} is not here: .ci/install gets it.");
        using var folder = new TemporaryFolder();
        var (from, to) = (Path.Combine(folder.Path, "in"), Path.Combine(folder.Path, "out"));
        File.WriteAllText(from, string.Concat(lines.Select(line => line + "\n")));
        var output = command == "spm_train" ? "" : $" --output={to} ";
        using var process = Process.Start(new ProcessStartInfo(command, $"{arguments} {output} {input}{from}") { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
        return output.Length == 0 ? [] : File.ReadAllText(to).Split('\n')[..^1];
    }
}
