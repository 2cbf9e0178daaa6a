using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace InternPlatform.Pretraining;

/// <summary>
/// The loss of each step, one line a step, in bits that survive reading. A resumed run gives some steps again: the lines from there on are replaced,
/// so that a run killed any number of times ends with the log of an undisturbed one.
/// </summary>
internal sealed class LossLog : IDisposable
{
    private readonly FileStream file;
    private long lastStep;

    private LossLog(FileStream file, long lastStep) => (this.file, this.lastStep) = (file, lastStep);

    public static LossLog Open(string path)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        var lastStep = CutBefore(file, long.MaxValue);
        return new LossLog(file, lastStep);
    }

    public void Add(long step, double loss)
    {
        if (step <= lastStep)
        {
            CutBefore(file, step);
        }

        file.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{step} {loss:R}\n")));
        // To the system, which outlives the process.
        file.Flush();
        lastStep = step;
    }

    public string Sha256()
    {
        file.Position = 0;
        var digest = Convert.ToHexStringLower(SHA256.HashData(file));
        file.Position = file.Length;
        return digest;
    }

    public void Dispose() => file.Dispose();

    /// <summary>Keeps the whole lines of earlier steps and stands at their end.</summary>
    /// <returns>The last step kept; 0 where there is none.</returns>
    private static long CutBefore(FileStream file, long step)
    {
        file.Position = 0;
        using var reader = new StreamReader(file, Encoding.ASCII, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        long end = 0, last = 0;
        foreach (var line in reader.ReadToEnd().Split('\n')[..^1])
        {
            var found = long.Parse(line.AsSpan(0, line.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
            if (found >= step)
            {
                break;
            }

            (end, last) = (end + line.Length + 1, found);
        }

        file.SetLength(end);
        file.Position = end;
        return last;
    }
}
