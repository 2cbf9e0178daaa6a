using InternPlatform.Contracts.Jobs;
using MudBlazor;

namespace InternPlatform.Portal.Components;

/// <summary>How objects of the platform look and where their pages are.</summary>
internal static class ObjectLook
{
    public static string Icon(string kind) => kind switch
    {
        "dataset" => Icons.Material.Rounded.Dataset,
        "model" => Icons.Material.Rounded.Hub,
        "job" => Icons.Material.Rounded.ShowChart,
        "deployment" => Icons.Material.Rounded.RocketLaunch,
        "pipeline-run" => Icons.Material.Rounded.AccountTree,
        "agent" => Icons.Material.Rounded.SmartToy,
        "agent-run" => Icons.Material.Rounded.QuestionAnswer,
        "tokenizer" => Icons.Material.Rounded.DataArray,
        "evaluation" => Icons.Material.Rounded.Leaderboard,
        "adapter" => Icons.Material.Rounded.Extension,
        "shards" => Icons.Material.Rounded.Inventory2,
        _ => Icons.Material.Rounded.Circle,
    };

    public static string Page(this JobView job) => $"/runs/{job.Service}/{job.Id}";

    public static bool IsActive(this JobView job) => !job.State.IsEnd() && job.State != JobState.Paused;

    public static bool IsEnd(this JobState state) => state is JobState.Succeeded or JobState.Failed or JobState.Cancelled;

    /// <summary>From start to end, or to now.</summary>
    public static TimeSpan? Elapsed(this JobView job, DateTimeOffset now) =>
        job.StartedAt is { } start ? (job.EndedAt ?? now) - start : null;
}
