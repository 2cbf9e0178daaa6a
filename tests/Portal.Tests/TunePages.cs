using System.Text.Json;
using Bunit;
using InternPlatform.Contracts.Finetuning;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Portal.Components;
using InternPlatform.Portal.Pages;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static InternPlatform.Portal.Tests.Samples;

namespace InternPlatform.Portal.Tests;

/// <summary>The form of a tuning, what it shows of the tokens, and what is shown when it has ended.</summary>
public sealed class TunePages : PortalContext
{
    private static readonly TokensPreview Preview = new()
    {
        Total = 5,
        Dialogues =
        [
            new()
            {
                Row = 0,
                Scored = 1,
                Tokens = [Token("Hi", isScored: false, isCut: false), Token("Hello", isScored: true, isCut: false), Token("late", isScored: false, isCut: true)],
            },
            new() { Row = 1, Scored = 0, Tokens = [], Problem = "It is no dialogue: there is no answer to learn." },
        ],
        Base = new()
        {
            Parameters = 1_000_576,
            ContextLength = 512,
            LinearMaps = [new() { Name = "q_proj", Inputs = 128, Outputs = 128, Count = 4 }, new() { Name = "down_proj", Inputs = 352, Outputs = 128, Count = 4 }],
        },
    };

    [Fact]
    public void Learned_tokens_are_marked_by_more_than_colour()
    {
        var shown = Ready();
        var mask = shown.WaitForElement("[data-testid=token-mask]");

        Assert.Equal("Hello", mask.QuerySelector("mark.learned")!.TextContent);
        Assert.Equal("late", mask.QuerySelector("s.token")!.TextContent);
        Assert.Contains("no dialogue", shown.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Trained_parameters_follow_from_rank_and_shape()
    {
        var shown = Ready();

        // 8 · (4 · 256 + 4 · 480).
        Assert.Contains("23,552", shown.WaitForElement("[data-testid=trainable]").TextContent, StringComparison.Ordinal);
        shown.Find("[data-testid=full]").Change(true);
        Assert.Contains("1,000,576", shown.Find("[data-testid=trainable]").TextContent, StringComparison.Ordinal);
        Assert.Contains("180 K", shown.Find("[data-testid=estimate]").TextContent, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_started_tuning_is_sent_as_the_form_says_and_followed()
    {
        Platform.Answer("POST api/finetuning/jobs", Job(JobState.Running) with { Service = "finetuning", Kind = "sft" });
        var shown = Ready();
        shown.Find("#tune-name").Input("polite");
        shown.Find("#tune-prompts").Change("How are you?\n\n 2 + 3 = ? ");
        shown.WaitForElement("[data-testid=token-mask]");
        Assert.Contains("api/finetuning/jobs", shown.Find("details code").TextContent, StringComparison.Ordinal);
        shown.Find("[data-testid=tune-form]").Submit();

        shown.WaitForAssertion(() => Assert.Contains(Platform.Requests, request => request.Path == "api/finetuning/jobs"));
        var sent = JsonDocument.Parse(Platform.Requests.Last(request => request.Path == "api/finetuning/jobs").Body).RootElement.GetProperty("spec").Deserialize<SftSpec>(PlatformJson.Options)!;
        Assert.Equal(("polite", Model.ArtifactId, "lora", 8), (sent.Name, sent.BaseModelArtifactId, sent.Method, sent.LoraRank));
        Assert.Equal(["How are you?", "2 + 3 = ?"], sent.SamplePrompts);
        Assert.Equal([Dataset.Versions[0].ArtifactId], sent.DatasetArtifactIds);
        Assert.EndsWith($"/runs/finetuning/{JobId}", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_preview_says_why_and_starting_stays_possible()
    {
        Answer();
        Platform.Refuse("POST api/finetuning/preview", System.Net.HttpStatusCode.BadRequest, "The template does not fit.", "It lacks <s>.");
        var shown = Open();
        shown.WaitForElement("fieldset input[type=checkbox]").Change(true);
        shown.WaitForAssertion(() => Assert.Contains("It lacks &lt;s&gt;.", shown.Find("[data-testid=no-preview]").InnerHtml, StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_model_the_page_says_how_to_get_one()
    {
        Answer();
        Platform.Answer("api/catalog/models", new InternPlatform.Contracts.Page<InternPlatform.Contracts.Catalog.ModelView> { Items = [] });
        Assert.NotNull(Open().WaitForElement("[data-testid=empty]").QuerySelector("pre code"));
    }

    [Fact]
    public void Nothing_can_be_started_without_a_name_or_data()
    {
        Answer();
        var shown = Open();
        Assert.True(shown.WaitForElement("[data-testid=start-tuning]").HasAttribute("disabled"));
    }

    [Fact]
    public void An_ended_tuning_shows_losses_rows_and_answers()
    {
        var result = new SftResult
        {
            ModelArtifactId = Artifact('e'),
            AdapterArtifactId = Artifact('f'),
            Steps = 458,
            Tokens = 901_576,
            ScoredTokens = 227_349,
            TrainableParameters = 74_752,
            Parameters = 1_000_576,
            ValidationLossBefore = 3.77,
            ValidationLossAfter = 0.67,
            WeightsSha256 = Artifact('1'),
            LossLogSha256 = Artifact('2'),
            Rows = new() { Read = 120, Used = 100, NotDialogues = 7, WithoutAnswer = 6, Cut = 5, CutAway = 4 },
            Answers = [new() { Step = 0, Prompt = "2 + 3 = ?", Answer = "?" }, new() { Step = 458, Prompt = "2 + 3 = ?", Answer = "5" }],
        };
        var job = Job(JobState.Succeeded) with { Service = "finetuning", Kind = "sft", Spec = JsonSerializer.SerializeToElement(new { name = "polite" }) };
        var shown = Show(typeof(JobResult), [("Job", job), ("Result", JsonSerializer.SerializeToElement(result, PlatformJson.Options))]);

        Assert.Contains("0.67", shown.Markup, StringComparison.Ordinal);
        Assert.Contains("Validation loss, before", shown.Markup, StringComparison.Ordinal);
        Assert.Equal(2, shown.FindAll("[data-testid=tuning-outcome] tbody tr").Count);
        Assert.Equal("/models/polite", shown.Find(".card-head a").GetAttribute("href"));
    }

    private IRenderedComponent<IComponent> Ready()
    {
        Answer();
        var shown = Open();
        shown.WaitForElement("fieldset input[type=checkbox]").Change(true);
        return shown;
    }

    private IRenderedComponent<IComponent> Open()
    {
        GoTo($"/finetune/new?model={Model.ArtifactId}");
        ShowProviders();
        return Show(typeof(FinetuneNew));
    }

    private void Answer()
    {
        Platform.Answer("api/catalog/models", PageOf(Model));
        Platform.Answer("api/catalog/datasets", PageOf(Dataset));
        Platform.Answer("api/finetuning/templates", new[] { new ChatTemplateView { Name = "internlm2", Example = "", Stops = ["<|im_end|>"] } });
        Platform.Answer("POST api/finetuning/preview", Preview);
    }

    private static PreviewToken Token(string text, bool isScored, bool isCut) => new() { Id = 7, Text = text, IsScored = isScored, IsCut = isCut };
}
