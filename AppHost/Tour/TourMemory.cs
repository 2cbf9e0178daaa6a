using System.Net;
using System.Text.Json;
using InternPlatform.Contracts.Pipelines;

namespace InternPlatform.AppHost.Tour;

/// <summary>
/// What the host must still know after it was killed: <c>tour.json</c> in the data folder. A tour of the same file that has not ended is
/// followed, not started a second time.
/// </summary>
internal sealed class TourMemory
{
    private const int Seed = 1;

    private readonly string path;
    private Notes notes;

    private TourMemory(string path, Notes notes) => (this.path, this.notes) = (path, notes);

    public Guid? UploadId
    {
        get => notes.UploadId;
        set => Keep(notes with { UploadId = value });
    }

    public static TourMemory Read(HostArguments arguments)
    {
        var path = Path.Combine(arguments.Data, "tour.json");
        var fresh = new Notes(SourceOf(arguments.TourFile), Seed, Guid.NewGuid().ToString(), null, null);
        try
        {
            var kept = File.Exists(path) ? JsonSerializer.Deserialize<Notes>(File.ReadAllText(path), TourSession.Json) : null;
            return new TourMemory(path, kept is not null && kept.Source == fresh.Source && kept.Seed == Seed ? kept : fresh);
        }
        catch (JsonException)
        {
            // Cut short by a crash: nothing was started under it that we could name.
            return new TourMemory(path, fresh);
        }
    }

    /// <returns>The tour that is under way, or null.</returns>
    public async Task<PipelineRunView?> FindRunAsync(TourSession platform, CancellationToken cancellationToken)
    {
        if (notes.RunId is null)
        {
            return null;
        }

        using var response = await platform.GetAsync($"api/pipelines/runs/{notes.RunId}", cancellationToken);
        var run = response.StatusCode == HttpStatusCode.NotFound ? null : await platform.ReadAsync<PipelineRunView>(response, "pipeline", cancellationToken);
        if (run is { State: PipelineState.Running })
        {
            Console.WriteLine($"Going on with the tour that is under way ({run.Name}).");
            return run;
        }

        // It ended while nobody looked, or its data folder is new.
        notes = notes with { Key = Guid.NewGuid().ToString(), UploadId = null, RunId = null };
        return null;
    }

    public async Task<PipelineRunView> StartRunAsync(TourSession platform, Guid? uploadId, CancellationToken cancellationToken)
    {
        // Kept before the call: a host killed during it repeats the same key and gets the same run.
        Keep(notes);
        using var response = await platform.PostAsync(
            "api/pipelines/runs", new StartPipeline { Plan = "tour", UploadId = uploadId, Seed = Seed }, cancellationToken, notes.Key);
        var run = await platform.ReadAsync<PipelineRunView>(response, "pipeline", cancellationToken);
        Keep(notes with { RunId = run.Id });
        return run;
    }

    public void Forget() => File.Delete(path);

    private void Keep(Notes value)
    {
        notes = value;
        // The platform makes its data folder when it starts; this host may be quicker.
        var folder = Path.GetDirectoryName(path)!;
        _ = OperatingSystem.IsWindows()
            ? Directory.CreateDirectory(folder)
            : Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var draft = path + ".new";
        File.WriteAllText(draft, JsonSerializer.Serialize(value, TourSession.Json));
        File.Move(draft, path, overwrite: true);
    }

    private static string SourceOf(string? file) =>
        file is null ? "sample" : $"{file} {new FileInfo(file).Length} {File.GetLastWriteTimeUtc(file):O}";

    private sealed record Notes(string Source, int Seed, string Key, Guid? UploadId, Guid? RunId);
}
