using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Datasets;

namespace InternPlatform.Evaluation.Samples;

/// <summary>
/// The samples of a running job, appended as they come. A worker that dies leaves at most one torn line at the end, which the next one cuts off;
/// every whole line is a sample that is not asked again.
/// </summary>
internal sealed class SampleFile : IDisposable
{
    public const string Name = "samples.jsonl";
    private const int LongestLine = 64 << 20;

    private static readonly JsonSerializerOptions OneLine = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly SortedDictionary<long, SampleView> samples = [];
    private readonly FileStream file;

    private SampleFile(FileStream file) => this.file = file;

    /// <summary>In the order of the run.</summary>
    public IReadOnlyCollection<SampleView> Samples => samples.Values;

    public static SampleFile Open(string path)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        var opened = new SampleFile(file);
        var reader = new LineReader(file, LongestLine);
        long whole = 0;
        while (reader.TryRead(out var line) && TryParse(line) is { } sample)
        {
            // A last line without its end may be cut short in the middle of a number and still be JSON, so it does not count.
            if (reader.Position == whole + line.Length)
            {
                break;
            }

            whole = reader.Position;
            opened.samples[sample.Index] = sample;
        }

        file.SetLength(whole);
        file.Position = whole;
        return opened;
    }

    public bool Has(long index) => samples.ContainsKey(index);

    /// <summary>In one write. Not for several threads at a time.</summary>
    public void Add(IReadOnlyList<SampleView> more)
    {
        using var lines = new MemoryStream();
        foreach (var sample in more)
        {
            Write(lines, sample);
            samples[sample.Index] = sample;
        }

        file.Write(lines.GetBuffer(), 0, (int)lines.Length);
        file.Flush();
    }

    public static void Write(Stream stream, SampleView sample)
    {
        stream.Write(JsonSerializer.SerializeToUtf8Bytes(sample, OneLine));
        stream.WriteByte((byte)'\n');
    }

    /// <summary>The samples in a stream, up to one that is torn.</summary>
    public static List<SampleView> Read(Stream stream)
    {
        List<SampleView> read = [];
        var reader = new LineReader(stream, LongestLine);
        while (reader.TryRead(out var line) && TryParse(line) is { } sample)
        {
            read.Add(sample);
        }

        return read;
    }

    public void Dispose() => file.Dispose();

    private static SampleView? TryParse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize<SampleView>(line, OneLine);
        }
        catch (JsonException)
        {
            return null;    // torn
        }
    }
}
