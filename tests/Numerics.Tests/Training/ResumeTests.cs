using InternPlatform.Tests.Support;
using InternPlatform.Training;
using InternPlatform.Training.Checkpoints;
using Xunit;

namespace InternPlatform.Numerics.Tests.Training;

/// <summary>Goals D1 and D2: whatever happens, the run ends with the bits of an undisturbed one.</summary>
[Collection("libtorch")]
public sealed class ResumeTests : IDisposable
{
    private readonly TemporaryFolder temporary = new();
    private readonly string shard;
    private readonly string undisturbedHash;
    private readonly byte[] undisturbedLog;

    public ResumeTests()
    {
        shard = TinyRun.Shard(temporary.Path);
        var folder = Folder("undisturbed");
        undisturbedHash = TinyRun.Run(TinyRun.Options, shard, folder).WeightsHash;
        undisturbedLog = Log(folder);
    }

    public void Dispose() => temporary.Dispose();

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_another_seed_others()
    {
        Assert.Equal(undisturbedHash, TinyRun.Run(TinyRun.Options, shard, Folder("again")).WeightsHash);
        Assert.NotEqual(undisturbedHash, TinyRun.Run(TinyRun.Options with { Seed = 6 }, shard, Folder("other")).WeightsHash);
    }

    [Fact]
    public void A_run_paused_after_any_step_ends_with_the_same_weights_and_loss_log()
    {
        for (var stop = 1; stop < TinyRun.Options.TotalSteps; stop++)
        {
            var folder = Folder($"paused-{stop}");
            using var pause = new CancellationTokenSource();
            var first = TinyRun.Run(TinyRun.Options, shard, folder, pause: pause, onStep: step =>
            {
                if (step.Step == stop)
                {
                    pause.Cancel();
                }
            });
            Assert.False(first.Completed);
            Assert.Equal(stop, first.Steps);
            ResumesToTheSame(folder, $"paused after {stop}");
        }
    }

    [Fact]
    public void A_run_that_dies_in_any_step_resumes_from_its_checkpoint_to_the_same_bits()
    {
        for (var stop = 1; stop < TinyRun.Options.TotalSteps; stop++)
        {
            var folder = Folder($"died-{stop}");
            Assert.Throws<Died>(() => TinyRun.Run(TinyRun.Options, shard, folder, onStep: step =>
            {
                if (step.Step == stop)
                {
                    throw new Died();
                }
            }));
            ResumesToTheSame(folder, $"died in {stop}");
        }
    }

    [Fact]
    public void A_run_that_dies_at_any_file_operation_of_its_saves_resumes_to_the_same_bits()
    {
        var operations = new List<FileOperation>();
        TinyRun.Run(TinyRun.Options, shard, Folder("counted"), (operation, _) => operations.Add(operation));
        Assert.All(Enum.GetValues<FileOperation>(), operation => Assert.Contains(operation, operations));
        for (var stop = 0; stop < operations.Count; stop++)
        {
            var folder = Folder($"cut-{stop}");
            DiesAt(folder, stop);
            ResumesToTheSame(folder, $"operation {stop} of {operations.Count}, {operations[stop]}");
        }
    }

    [Fact]
    public void Dying_again_and_again_inside_saves_loses_nothing()
    {
        var random = new Random(11);
        for (var round = 0; round < 20; round++)
        {
            var folder = Folder($"repeated-{round}");
            while (DiesAt(folder, random.Next(60)))
            {
            }

            ResumesToTheSame(folder, $"round {round} of seed 11");
        }
    }

    [Fact]
    public void A_damaged_checkpoint_file_is_named()
    {
        var folder = Folder("damaged");
        var checkpoint = TinyRun.Run(TinyRun.Options, shard, folder).CheckpointFolder;
        foreach (var file in Directory.GetFiles(checkpoint))
        {
            var bytes = File.ReadAllBytes(file);
            var changed = bytes.ToArray();
            changed[bytes.Length / 2] ^= 16;
            File.WriteAllBytes(file, changed);
            var refusal = Assert.Throws<TrainingException>(() => TinyRun.Run(TinyRun.Options, shard, folder));
            Assert.Contains(Path.GetFileName(file) == "complete" ? "manifest.json" : Path.GetFileName(file), refusal.Message, StringComparison.Ordinal);
            File.WriteAllBytes(file, bytes);
        }
    }

    [Fact]
    public void Other_options_or_other_tokens_are_refused_at_resume()
    {
        var folder = Folder("mixed");
        TinyRun.Run(TinyRun.Options, shard, folder);
        Assert.Throws<TrainingException>(() => TinyRun.Run(TinyRun.Options with { HiddenSize = 32 }, shard, folder));
        Assert.Throws<TrainingException>(() => TinyRun.Run(TinyRun.Options, TinyRun.Shard(temporary.Path, seed: 4), folder));
    }

    private bool DiesAt(string folder, int operation)
    {
        var left = operation;
        try
        {
            TinyRun.Run(TinyRun.Options, shard, folder, (_, _) =>
            {
                if (left-- == 0)
                {
                    throw new Died();
                }
            });
            return false;
        }
        catch (Died)
        {
            return true;
        }
    }

    private void ResumesToTheSame(string folder, string how)
    {
        var result = TinyRun.Run(TinyRun.Options, shard, folder);
        Assert.True(result.Completed, how);
        Assert.True(undisturbedHash == result.WeightsHash, $"{how}: other weights");
        Assert.True(undisturbedLog.AsSpan().SequenceEqual(Log(folder)), $"{how}: another loss log");
        Assert.DoesNotContain(Directory.GetDirectories(folder), path => path.EndsWith(".tmp", StringComparison.Ordinal));
    }

    private string Folder(string name) => Path.Combine(temporary.Path, name);

    private static byte[] Log(string folder) => File.ReadAllBytes(Path.Combine(folder, "loss.tsv"));

    private sealed class Died : Exception;
}
