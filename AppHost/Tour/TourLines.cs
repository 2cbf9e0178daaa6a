using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using InternPlatform.Contracts.Pipelines;

namespace InternPlatform.AppHost.Tour;

/// <summary>The tour in lines: one per stage as it moves, and a last one that a script can read.</summary>
internal static class TourLines
{
    private static readonly string[] Figures =
        ["seconds", "val_ppl", "bigram_ppl", "unigram_ppl", "base_acc", "tuned_acc", "int4_acc", "tool_exact", "int4_ppl_ratio", "agent"];

    /// <summary>Only a tour with a text of the user's has them.</summary>
    private static readonly string[] FiguresOfText = ["text_ppl", "text_bigram_ppl"];

    private static readonly JsonSerializerOptions Quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(PipelineStepView step)
    {
        var line = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"{step.Name,-16} "));
        switch (step.State)
        {
            case StepState.Running:
                AppendProgress(line, step);
                break;
            case StepState.Succeeded:
                line.Append(CultureInfo.InvariantCulture, $"done in {Seconds(step):0} s");
                break;
            case StepState.Failed:
                line.Append(CultureInfo.InvariantCulture, $"failed: {step.Problem?.Title} {step.Problem?.Detail}");
                break;
            default:
                line.Append(step.State == StepState.Cancelled ? "cancelled" : "waiting");
                break;
        }

        return line.Append(step.Summary is null ? "" : $"  {step.Summary}").ToString().TrimEnd();
    }

    public static string Last(PipelineRunView run)
    {
        if (run.State != PipelineState.Succeeded)
        {
            var step = run.Steps.FirstOrDefault(candidate => candidate.State is StepState.Failed or StepState.Cancelled);
            return Failed(step?.Name ?? "pipeline", step?.Problem is { } problem ? $"{problem.Title} {problem.Detail}".Trim() : $"The run was {run.State.ToString().ToLowerInvariant()}.");
        }

        var figures = Figures.Concat(FiguresOfText.Where(run.Results.ContainsKey)).Select(name => $"{name}={run.Results.GetValueOrDefault(name) ?? "none"}");
        return $"tour: ok {string.Join(' ', figures)} answer={Quoted(run.Results.GetValueOrDefault("answer") ?? "")}";
    }

    public static string Failed(string step, string problem) => $"tour: failed step={step} problem={Quoted(problem)}";

    private static void AppendProgress(StringBuilder line, PipelineStepView step)
    {
        if (step.Progress is not { } progress)
        {
            line.Append("started");
            return;
        }

        if (progress.Total is > 0 and var total)
        {
            line.Append(CultureInfo.InvariantCulture, $"{Math.Min(100, 100.0 * progress.Done / total),3:0} %  {progress.Done} of {total} {progress.Unit}");
        }
        else
        {
            line.Append(CultureInfo.InvariantCulture, $"{progress.Done} {progress.Unit}");
        }

        line.Append(progress.RatePerSecond is { } rate ? string.Create(CultureInfo.InvariantCulture, $"  {rate:0} {progress.Unit}/s") : "");
        line.Append(progress.EtaSeconds is { } eta ? string.Create(CultureInfo.InvariantCulture, $"  ETA {eta:0} s") : "");
    }

    private static double Seconds(PipelineStepView step) => step is { StartedAt: { } from, EndedAt: { } to } ? (to - from).TotalSeconds : 0;

    private static string Quoted(string text) => JsonSerializer.Serialize(text, Quoting);
}
