using System.Globalization;
using System.Text;
using InternPlatform.Training.Checkpoints;

namespace InternPlatform.Training.Loop;

/// <summary>
/// One line a step: step, tokens, loss, learning rate, gradient norm, and what was not finite; tab-separated, shortest exact decimals.
/// Cut to the checkpoint's length at resume, so that an interrupted run leaves the same file as an undisturbed one.
/// </summary>
internal sealed class LossLog : IDisposable
{
    public const string FileName = "loss.tsv";

    private readonly FileStream file;
    private readonly DurableFiles files;

    public LossLog(string folder, long keepBytes, DurableFiles files)
    {
        this.files = files;
        file = new(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (file.Length < keepBytes)
        {
            var found = file.Length;
            file.Dispose();
            throw new TrainingException($"The loss log in {folder} has {found} bytes, but its checkpoint was taken at {keepBytes}: the log was cut or replaced.");
        }

        files.Truncate(file, keepBytes);
    }

    public void Append(TrainingStep step, string? skipped)
    {
        file.Write(Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{step.Step}\t{step.Tokens}\t{step.Loss:R}\t{step.LearningRate:R}\t{step.GradientNorm:R}\t{skipped}\n")));
        file.Flush();
    }

    /// <summary>Forces the log to the disk; its length.</summary>
    public long Secure()
    {
        files.Flush(file);
        return file.Length;
    }

    public void Dispose() => file.Dispose();
}
