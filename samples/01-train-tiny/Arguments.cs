using System.Globalization;

namespace InternPlatform.TrainTiny;

/// <summary>What the command line asks for.</summary>
internal sealed record Arguments
{
    public int Seed { get; private init; } = 1;

    public long Tokens { get; private init; } = 3_300_000;

    /// <summary>A UTF-8 text to mix with the sample in equal parts.</summary>
    public string? TextFile { get; private init; }

    public int Rows { get; private init; } = 60_000;

    public int Threads { get; private init; }

    /// <summary>Where shards, checkpoints and the model go.</summary>
    public string Folder { get; private init; } = Path.Combine(Path.GetTempPath(), "train-tiny");

    public static Arguments? Parse(string[] args)
    {
        var parsed = new Arguments();
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length || With(parsed, args[i], args[i + 1]) is not { } next)
            {
                Console.Error.WriteLine("usage: --seed N --tokens N [--text FILE] [--rows N] [--threads N] [--folder DIR]");
                return null;
            }

            parsed = next;
        }

        return parsed;
    }

    private static Arguments? With(Arguments a, string name, string value)
    {
        var isNumber = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        return name switch
        {
            "--seed" when isNumber => a with { Seed = (int)number },
            "--tokens" when isNumber && number > 0 => a with { Tokens = number },
            "--rows" when isNumber && number > 0 => a with { Rows = (int)number },
            "--threads" when isNumber => a with { Threads = (int)number },
            "--text" when File.Exists(value) => a with { TextFile = value },
            "--folder" => a with { Folder = value },
            _ => null,
        };
    }
}
