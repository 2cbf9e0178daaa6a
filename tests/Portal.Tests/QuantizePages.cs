using System.Text.Json;
using Bunit;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Portal.Components;
using InternPlatform.Portal.Pages;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static InternPlatform.Portal.Tests.Samples;

namespace InternPlatform.Portal.Tests;

/// <summary>Smaller variants of a model: shown beside it, made from it, told by their run.</summary>
public sealed class QuantizePages : PortalContext
{
    private static readonly Guid VariantId = Guid.Parse("00000000-0000-7000-8000-0000000000f4");

    private static ModelView Variant { get; } = Model with
    {
        Id = VariantId,
        Name = "tour-model-int4",
        Version = 1,
        ArtifactId = Artifact('e'),
        Service = "deployment",
        Figures = new Dictionary<string, double>
        {
            ["bits"] = 4,
            ["groupSize"] = 32,
            ["bytes"] = 1_500_000,
            ["originalBytes"] = 4_198_912,
            ["perplexity"] = 1.95,
            ["originalPerplexity"] = 1.86,
            ["perplexityRatio"] = 1.0484,
        },
    };

    private static LineageView WithVariant { get; } = Lineage with
    {
        Nodes =
        [
            .. Lineage.Nodes,
            new() { ArtifactId = Variant.ArtifactId, Kind = "model", Name = Variant.Name, Service = "deployment", JobId = JobId, At = Now, Path = $"/models/{VariantId}" },
        ],
        Edges = [.. Lineage.Edges, new() { From = Model.ArtifactId, To = Variant.ArtifactId }],
    };

    [Fact]
    public void A_model_shows_what_rounding_made_of_it_with_size_and_perplexity()
    {
        AnswerBoth();
        var shown = Show(typeof(ModelPage), ("Id", ModelId.ToString()));
        var rows = shown.WaitForElement("[data-testid=variant-table]").QuerySelectorAll("tbody tr");

        Assert.Equal(2, rows.Length);
        Assert.Contains("original", rows[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("1.86", rows[0].TextContent, StringComparison.Ordinal);
        Assert.Equal(["4", "32", "1.4 MiB", "1.95", "1.048"], rows[1].QuerySelectorAll("td").Take(5).Select(cell => cell.TextContent.Trim()));
        Assert.Equal($"/models/{VariantId}", rows[1].QuerySelector("a")!.GetAttribute("href"));
        Assert.Equal("Deploy tour-model-int4", rows[1].QuerySelector("[data-testid=deploy]")!.GetAttribute("aria-label"));
        Assert.NotNull(shown.Find("[data-testid=variant-chart]").GetAttribute("aria-label"));
    }

    [Fact]
    public void A_variants_page_shows_its_original_and_does_not_offer_to_round_it_again()
    {
        AnswerBoth();
        var shown = Show(typeof(ModelPage), ("Id", VariantId.ToString()));

        Assert.Equal(2, shown.WaitForElement("[data-testid=variant-table]").QuerySelectorAll("tbody tr").Length);
        Assert.Equal("tour-model-int8", SpecOf(shown, bits: 8).Name);
    }

    [Fact]
    public void The_form_starts_the_job_with_the_models_own_shards()
    {
        AnswerBoth();
        var shown = Show(typeof(ModelPage), ("Id", ModelId.ToString()));
        shown.WaitForElement("[data-testid=quantize-form]");
        var spec = SpecOf(shown, bits: 4);

        Assert.Equal(("tour-model-int4", Model.ArtifactId, 4, 32, Artifact('d')), (spec.Name, spec.ModelArtifactId, spec.Bits, spec.GroupSize, spec.ShardsArtifactId));
        Assert.EndsWith($"/runs/deployment/{JobId}", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_is_shown_beside_the_form()
    {
        AnswerBoth();
        Platform.Refuse("POST api/deployment/jobs", System.Net.HttpStatusCode.BadRequest, "The model cannot be made smaller in this way.", "Change the fields that 'errors' names.");
        var shown = Show(typeof(ModelPage), ("Id", ModelId.ToString()));
        shown.WaitForElement("[data-testid=quantize-form]").Submit();

        Assert.Contains("cannot be made smaller", shown.WaitForElement("[data-testid=failure]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_finished_run_shows_the_error_of_each_weight_the_worst_first()
    {
        var result = new QuantizeResult
        {
            ModelArtifactId = Artifact('e'),
            Bits = 4,
            WeightBytes = 1,
            OriginalWeightBytes = 4,
            PerplexityTokens = 10,
            Perplexity = 2,
            OriginalPerplexity = 1.9,
            PerplexityRatio = 1.05,
            Errors = [new() { Name = "a.weight", RelativeError = 0.01 }, new() { Name = "b.weight", RelativeError = 0.08 }],
        };
        var job = Job(JobState.Succeeded) with { Service = "deployment", Kind = "quantize", Result = JsonSerializer.SerializeToElement(result, PlatformJson.Options) };
        var shown = Render<JobResult>(parameters => parameters.Add(part => part.Job, job).Add(part => part.Result, job.Result!.Value));

        Assert.Equal(["b.weight", "a.weight"], shown.FindAll("[data-testid=weight-errors] tbody th").Select(cell => cell.TextContent));
        Assert.Contains("Perplexity ratio", shown.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_deployment_tells_the_bits_of_its_weights()
    {
        Platform.Answer("api/deployment/deployments", PageOf(Deployment with { WeightBits = 4, Quantization = "awq" }));
        Platform.Answer("api/catalog/models", PageOf(Model));

        var shown = Show(typeof(Serve));
        Assert.Contains("4 bits", shown.WaitForElement("[data-testid=deployment]").TextContent, StringComparison.Ordinal);
        Assert.Empty(shown.FindAll("[data-testid=failure]"));
    }

    [Fact]
    public void A_deployment_leads_to_the_variants_of_its_model()
    {
        AnswerBoth();
        Platform.Answer("api/deployment/deployments", PageOf(Deployment));
        Platform.Answer("api/catalog/models", PageOf(Model));

        Assert.Equal($"/models/{ModelId}#variants", Show(typeof(Serve)).WaitForElement("[data-testid=model-link]").GetAttribute("href"));
    }

    private void AnswerBoth()
    {
        Platform.Answer($"api/catalog/models/{ModelId}", Model);
        Platform.Answer($"api/catalog/models/{VariantId}", Variant);
        Platform.Answer($"api/catalog/lineage/{Model.ArtifactId}", WithVariant);
        Platform.Answer($"api/catalog/lineage/{Variant.ArtifactId}", WithVariant);
        Platform.Answer("POST api/deployment/jobs", Job(JobState.Queued));
    }

    private QuantizeSpec SpecOf(IRenderedComponent<IComponent> shown, int bits)
    {
        var form = shown.FindComponent<QuantizeForm>();
        if (bits == 8)
        {
            form.FindComponents<MudBlazor.MudSelect<int>>()[0].InvokeAsync(() => form.FindComponents<MudBlazor.MudSelect<int>>()[0].Instance.ValueChanged.InvokeAsync(8));
        }

        shown.Find("[data-testid=quantize-form]").Submit();
        shown.WaitForState(() => Platform.Requests.Any(request => request is { Method: "POST", Path: "api/deployment/jobs" }));
        var body = Platform.Requests.Single(request => request is { Method: "POST", Path: "api/deployment/jobs" }).Body;
        return JsonSerializer.Deserialize<StartJob>(body, PlatformJson.Options)!.Spec.Deserialize<QuantizeSpec>(PlatformJson.Options)!;
    }
}
