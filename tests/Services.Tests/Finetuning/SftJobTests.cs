using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Finetuning;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Models;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Finetuning;

/// <summary>A tiny base model through the real supervisor and its children.</summary>
public sealed class SftJobTests(FinetuningHost host) : IClassFixture<FinetuningHost>
{
    private static readonly string[] Colours = ["red", "blue", "green", "white"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tuning_makes_a_model_that_answers_and_stops_and_an_adapter()
    {
        var result = await host.SucceedAsync(host.Spec(await ColoursAsync(200)) with { Epochs = 12, SamplePrompts = ["dog 1?", "dog 2?"] });

        Assert.True(result.ValidationLossAfter < .5 && result.ValidationLossBefore > 2, $"{result.ValidationLossBefore} to {result.ValidationLossAfter}");
        Assert.Equal((200, 200, 0, 0), (result.Rows.Read, result.Rows.Used, result.Rows.NotDialogues, result.Rows.WithoutAnswer));
        Assert.Equal(TinyModel.Config.ParameterCount(), result.Parameters);
        Assert.Equal(["blue", "green"], result.Answers.Where(answer => answer.Step == result.Steps).Select(answer => answer.Answer));
        Assert.Contains(result.Answers, answer => answer.Step == 0);
        Assert.True(result.ScoredTokens > 0 && result.ScoredTokens < result.Tokens);

        using var model = ModelFolder.Open(await host.FetchAsync(result.ModelArtifactId));
        Assert.Equal([model.Tokenizer.IdOf("<|im_end|>")!.Value, model.Tokenizer.IdOf("</s>")!.Value], model.Config.EosTokenIds);
        Assert.Equal("internlm2", model.ChatTemplateName);
        var adapter = await host.FetchAsync(result.AdapterArtifactId!);
        Assert.Equal(["README.md", "adapter_config.json", "adapter_model.safetensors"], Directory.GetFiles(adapter).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Model_and_adapter_are_in_the_lineage_with_what_they_came_from()
    {
        var dataset = await ColoursAsync(30);
        var result = await host.SucceedAsync(host.Spec(dataset) with { Name = "child" });

        (string, string)[] expected = [(result.AdapterArtifactId!, result.ModelArtifactId), (host.Base, result.ModelArtifactId), (dataset, result.AdapterArtifactId!)];
        IReadOnlyList<(string From, string To)> edges = [];
        for (var i = 0; i < 200 && expected.Except(edges).Any(); i++)
        {
            await Task.Delay(50, Cancel);
            edges = await host.EdgesAsync();
        }

        Assert.Empty(expected.Except(edges));
        var models = await host.GetAsync<JsonElement>("catalog", "models");
        Assert.Contains(models.GetProperty("items").EnumerateArray(), model => model.GetProperty("name").GetString() == "child");
    }

    [Fact]
    public async Task Full_tuning_has_no_adapter_and_trains_every_weight()
    {
        var result = await host.SucceedAsync(host.Spec(await ColoursAsync(60)) with { Method = "full", LearningRate = 3e-3 });
        Assert.Null(result.AdapterArtifactId);
        Assert.Equal(result.Parameters, result.TrainableParameters);
        Assert.True(result.ValidationLossAfter < result.ValidationLossBefore);
    }

    [Fact]
    public async Task A_tuning_that_is_killed_ends_with_the_bits_of_an_undisturbed_one()
    {
        var spec = host.Spec(await ColoursAsync(300)) with { Epochs = 6, SamplePrompts = ["dog 3?"], CheckpointEverySteps = 20 };
        var undisturbed = await host.SucceedAsync(spec);
        Assert.True(undisturbed.Steps > 150, $"{undisturbed.Steps} steps");

        var job = await host.StartAsync(spec);
        foreach (var step in (int[])[30, 90])
        {
            await host.WhenAsync(job.Id, found => found.Progress is { Unit: "steps" } progress && progress.Done >= step);
            await host.KillAsync(job.Id);
        }

        var killed = await host.SucceedAsync(job);
        Assert.Equal(3, (await host.JobAsync(job.Id)).Attempt);
        Assert.Equal(undisturbed.WeightsSha256, killed.WeightsSha256);
        Assert.Equal(undisturbed.LossLogSha256, killed.LossLogSha256);
        Assert.Equal(undisturbed.ModelArtifactId, killed.ModelArtifactId);
        Assert.Equal(undisturbed.AdapterArtifactId, killed.AdapterArtifactId);
        Assert.Equal(undisturbed.Answers, killed.Answers);
        Assert.Equal((undisturbed.Tokens, undisturbed.ScoredTokens, undisturbed.ValidationLossBefore), (killed.Tokens, killed.ScoredTokens, killed.ValidationLossBefore));
    }

    [Fact]
    public async Task Series_have_the_names_that_pretraining_gives_them()
    {
        var job = await host.StartAsync(host.Spec(await ColoursAsync(60)));
        var result = await host.SucceedAsync(job);
        var series = await host.GetAsync<List<MetricSeries>>("finetuning", $"jobs/{job.Id}/metrics?names=loss,learning_rate,gradient_norm,tokens_per_second,validation_loss");
        var points = series.ToDictionary(one => one.Name, one => one.TotalPoints);
        Assert.All(["loss", "learning_rate", "gradient_norm", "tokens_per_second"], name => Assert.Equal(result.Steps, points[name]));
        Assert.True(points["validation_loss"] >= 2);
    }

    [Fact]
    public async Task Every_row_that_is_not_used_is_counted()
    {
        var dataset = await host.StoreRowsAsync("mixed",
        [
            .. Enumerable.Range(0, 6).Select(Colour),
            new { text = "no dialogue" },
            new { record = new { question = "no dialogue either" } },
            FinetuningHost.Chat(("user", "hello?")),
            FinetuningHost.Chat(("user", "hello?"), ("assistant", "  ")),
            FinetuningHost.Chat(("user", "dog"), ("assistant", string.Concat(Enumerable.Repeat("dog ", 80)))),
            FinetuningHost.Chat(("user", string.Concat(Enumerable.Repeat("dog ", 80))), ("assistant", "late")),
        ]);
        var result = await host.SucceedAsync(host.Spec(dataset));
        Assert.Equal(new SftRows { Read = 12, Used = 7, NotDialogues = 2, WithoutAnswer = 2, Cut = 1, CutAway = 1 }, result.Rows);
    }

    [Fact]
    public async Task A_data_set_without_any_answer_fails_and_says_which_rows_lack_what()
    {
        var dataset = await host.StoreRowsAsync("questions", [new { text = "a story" }, FinetuningHost.Chat(("user", "hello?")), FinetuningHost.Chat(("user", "hello?"), ("assistant", ""))]);
        var (problem, detail) = await host.FailAsync(host.Spec(await ColoursAsync(20), dataset));
        Assert.Equal("no-answers", problem);
        Assert.Contains("1 are no dialogues (first: row 0), 2 have no assistant's turn or an empty one (first: row 1)", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_single_dialogue_is_too_few()
    {
        var (problem, _) = await host.FailAsync(host.Spec(await host.StoreRowsAsync("one", [Colour(1)])));
        Assert.Equal("too-few-dialogues", problem);
    }

    [Fact]
    public async Task A_base_model_that_cannot_be_tuned_is_refused_with_the_reason()
    {
        var dataset = await ColoursAsync(10);
        Assert.Equal("input-unusable", (await host.FailAsync(host.Spec(dataset) with { BaseModelArtifactId = dataset })).Problem);
        Assert.Equal("input-unusable", (await host.FailAsync(host.Spec(dataset) with { BaseModelArtifactId = new string('0', 64) })).Problem);

        var folder = await host.FetchAsync(host.Base);
        var copy = Directory.CreateTempSubdirectory("other-").FullName;
        foreach (var file in Directory.GetFiles(folder))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        var config = Path.Combine(copy, "config.json");
        await File.WriteAllTextAsync(config, (await File.ReadAllTextAsync(config, Cancel)).Replace("\"llama\"", "\"mamba\"", StringComparison.Ordinal), Cancel);
        var mamba = await host.Store.PutFolderAsync("model", copy, new Dictionary<string, string>(), Cancel);
        var (problem, detail) = await host.FailAsync(host.Spec(dataset) with { BaseModelArtifactId = mamba });
        Assert.Equal("input-unusable", problem);
        Assert.Contains("'mamba'", detail, StringComparison.Ordinal);
        Directory.Delete(copy, recursive: true);
    }

    [Fact]
    public async Task A_template_that_the_tokenizer_cannot_write_is_refused_with_those_it_can()
    {
        var (problem, detail) = await host.FailAsync(host.Spec(await ColoursAsync(10)) with { ChatTemplate = "llama3_chat" });
        Assert.Equal("template-unfit", problem);
        Assert.Contains("<|begin_of_text|>", detail, StringComparison.Ordinal);
        Assert.Contains("internlm2", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tool_calls_in_a_template_without_them_fail_at_their_row()
    {
        var dataset = await host.StoreRowsAsync("tools",
        [
            Colour(1),
            new { messages = new object[] { new { role = "user", content = "2+3" }, new { role = "assistant", content = "", tool_calls = new[] { new { name = "add", arguments = new { a = 2 } } } } } },
        ]);
        var (problem, detail) = await host.FailAsync(host.Spec(dataset) with { ChatTemplate = "vicuna" });
        Assert.Equal("row-unfit", problem);
        Assert.Contains("'internlm2' has", detail, StringComparison.Ordinal);
        Assert.Equal(2, (await host.SucceedAsync(host.Spec(dataset))).Rows.Used);
    }

    [Fact]
    public async Task A_tuning_with_another_template_writes_that_template_and_its_stop()
    {
        var result = await host.SucceedAsync(host.Spec(await ColoursAsync(20)) with { ChatTemplate = "vicuna" });
        using var model = ModelFolder.Open(await host.FetchAsync(result.ModelArtifactId));
        Assert.Equal("vicuna", model.ChatTemplateName);
        Assert.Equal([2], model.Config.EosTokenIds);
    }

    [Fact]
    public async Task Nonsense_is_refused_when_it_is_posted_with_every_field_named()
    {
        using var answer = await host.PostAsync(host.Spec("../../etc") with
        {
            Name = " ",
            Method = "magic",
            LoraRank = 0,
            LearningRate = double.MaxValue,
            ValidationShare = 0,
            ChatTemplate = "nobody",
            SequenceLength = 1,
            SamplePrompts = [""],
        });
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal("urn:intern-platform:finetuning:spec-invalid", problem.GetProperty("type").GetString());
        Assert.Equal(
            ["chatTemplate", "datasetArtifactIds", "learningRate", "loraRank", "method", "name", "samplePrompts", "sequenceLength", "validationShare"],
            problem.GetProperty("errors").EnumerateObject().Select(field => field.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("sft/dolly/dolly.json")]
    [InlineData("sft/fastchat/dummy_conversation.json")]
    [InlineData("sft/llamafactory/identity.json")]
    [InlineData("sft/llamafactory/glaive_toolcall_en_demo.json")]
    public async Task Real_files_are_tuned_on(string file)
    {
        var dataset = await host.ImportAsync(Path.GetFileNameWithoutExtension(file), SharedData.Need(file));
        var result = await host.SucceedAsync(host.Spec(dataset) with { SequenceLength = 128, TokenBudget = 3000 });
        Assert.Equal(result.Rows.Read, result.Rows.Used + result.Rows.NotDialogues + result.Rows.WithoutAnswer + result.Rows.CutAway);
        Assert.True(result.Rows.Used > 0 && result.Tokens >= 3000, $"{result.Rows}");
    }

    internal static object Colour(int i) => FinetuningHost.Chat(("user", $"dog {i % 4}?"), ("assistant", Colours[i % 4]));

    private Task<string> ColoursAsync(int rows) => host.StoreRowsAsync("colours", Enumerable.Range(0, rows).Select(Colour));
}
