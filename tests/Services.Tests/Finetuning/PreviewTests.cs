using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using InternPlatform.Contracts.Finetuning;
using InternPlatform.ServiceDefaults;
using Xunit;

namespace InternPlatform.Services.Tests.Finetuning;

/// <summary>What the form shows before a tuning is what the tuning does.</summary>
public sealed class PreviewTests(FinetuningHost host) : IClassFixture<FinetuningHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answers_and_the_mark_that_ends_them_are_scored()
    {
        var dataset = await host.StoreRowsAsync("two", [SftJobTests.Colour(1), FinetuningHost.Chat(("user", "春眠"), ("assistant", "不觉晓"))]);
        var preview = await ShowAsync(new PreviewTokens { BaseModelArtifactId = host.Base, DatasetArtifactId = dataset, Rows = 5 });
        Assert.Equal((2, 2), (preview.Total, preview.Dialogues.Count));
        var first = preview.Dialogues[0];
        Assert.Equal("blue<|im_end|>", string.Concat(first.Tokens.Where(token => token.IsScored).Select(token => token.Text)));
        Assert.Equal("<s><|im_start|>user\ndog 1?<|im_end|>\n<|im_start|>assistant\nblue<|im_end|>\n", string.Concat(first.Tokens.Select(token => token.Text)));
        Assert.Equal(first.Tokens.Count(token => token.IsScored), first.Scored);
        Assert.Null(first.Problem);
        Assert.DoesNotContain(preview.Dialogues[1].Tokens, token => token.Text.Contains('\uFFFD', StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_shape_shown_gives_the_number_of_trained_parameters()
    {
        var dataset = await host.StoreRowsAsync("shape", Enumerable.Range(0, 6).Select(SftJobTests.Colour));
        var shape = (await ShowAsync(new PreviewTokens { BaseModelArtifactId = host.Base, DatasetArtifactId = dataset })).Base!;
        var result = await host.SucceedAsync(host.Spec(dataset) with { LoraRank = 5 });
        Assert.Equal((result.TrainableParameters, result.Parameters), (shape.LinearMaps.Sum(map => 5L * map.Count * (map.Inputs + map.Outputs)), shape.Parameters));
    }

    [Fact]
    public async Task A_tuning_scores_exactly_the_tokens_shown()
    {
        var dataset = await host.StoreRowsAsync("shown", Enumerable.Range(0, 12).Select(SftJobTests.Colour));
        var preview = await ShowAsync(new PreviewTokens { BaseModelArtifactId = host.Base, DatasetArtifactId = dataset, Rows = 12, SequenceLength = 64 });
        var result = await host.SucceedAsync(host.Spec(dataset));

        // One of twelve is kept out, and all have as many scored tokens as one of the four colours.
        Assert.InRange(result.ScoredTokens, preview.Dialogues.Sum(row => row.Scored) - preview.Dialogues.Max(row => row.Scored), preview.Dialogues.Sum(row => row.Scored) - preview.Dialogues.Min(row => row.Scored));
    }

    [Fact]
    public async Task Rows_that_would_not_be_used_say_why_and_what_lies_behind_the_cut_is_marked()
    {
        var dataset = await host.StoreRowsAsync("problems",
        [
            new { text = "a story" }, FinetuningHost.Chat(("user", "hello?")),
            FinetuningHost.Chat(("user", string.Concat(Enumerable.Repeat("dog ", 40))), ("assistant", "late")),
            FinetuningHost.Chat(("user", "dog"), ("assistant", string.Concat(Enumerable.Repeat("dog ", 40)))),
        ]);
        var preview = await ShowAsync(new PreviewTokens { BaseModelArtifactId = host.Base, DatasetArtifactId = dataset, Rows = 4, SequenceLength = 32 });
        Assert.Contains("no dialogue", preview.Dialogues[0].Problem, StringComparison.Ordinal);
        Assert.Contains("no assistant", preview.Dialogues[1].Problem, StringComparison.Ordinal);
        Assert.Contains("first 32 tokens", preview.Dialogues[2].Problem, StringComparison.Ordinal);
        Assert.Null(preview.Dialogues[3].Problem);
        Assert.All(preview.Dialogues.Take(3), row => Assert.Equal(0, row.Scored));
        Assert.Equal(Enumerable.Range(0, preview.Dialogues[3].Tokens.Count).Select(at => at >= 32), preview.Dialogues[3].Tokens.Select(token => token.IsCut));
        Assert.DoesNotContain(preview.Dialogues[3].Tokens, token => token.IsCut && token.IsScored);
    }

    [Fact]
    public async Task Any_row_can_be_asked_for()
    {
        var dataset = await host.StoreRowsAsync("many", Enumerable.Range(0, 600).Select(i => FinetuningHost.Chat(("user", $"{i}"), ("assistant", "yes"))));
        var preview = await ShowAsync(new PreviewTokens { BaseModelArtifactId = host.Base, DatasetArtifactId = dataset, Row = 513, Rows = 2 });
        Assert.Equal([513L, 514], preview.Dialogues.Select(row => row.Row));
        Assert.Contains("user\n513<", string.Concat(preview.Dialogues[0].Tokens.Select(token => token.Text)), StringComparison.Ordinal);
        Assert.Empty((await ShowAsync(new PreviewTokens { BaseModelArtifactId = host.Base, DatasetArtifactId = dataset, Row = 600 })).Dialogues);
    }

    [Fact]
    public async Task Reading_is_enough_to_see_it()
    {
        var dataset = await host.StoreRowsAsync("read", [SftJobTests.Colour(1)]);
        using var reader = host.Client("finetuning", Scopes.Read);
        using var answer = await reader.PostAsJsonAsync("api/finetuning/preview", new PreviewTokens { BaseModelArtifactId = host.Base, DatasetArtifactId = dataset }, PlatformJson.Options, Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task What_cannot_be_shown_says_why()
    {
        var dataset = await host.StoreRowsAsync("some", [SftJobTests.Colour(1)]);
        Assert.Equal("preview-invalid", await RefusalAsync(new PreviewTokens { BaseModelArtifactId = "x", DatasetArtifactId = dataset, Rows = 21, Row = -1 }));
        Assert.Equal("preview-impossible", await RefusalAsync(new PreviewTokens { BaseModelArtifactId = dataset, DatasetArtifactId = dataset }));
        Assert.Equal("preview-impossible", await RefusalAsync(new PreviewTokens { BaseModelArtifactId = host.Base, DatasetArtifactId = host.Base }));
        Assert.Equal("preview-impossible", await RefusalAsync(new PreviewTokens { BaseModelArtifactId = host.Base, DatasetArtifactId = new string('0', 64) }));
        Assert.Equal("preview-impossible", await RefusalAsync(new PreviewTokens { BaseModelArtifactId = host.Base, DatasetArtifactId = dataset, ChatTemplate = "llama3_chat" }));
    }

    [Fact]
    public async Task Templates_are_listed_with_an_example()
    {
        var templates = await host.GetAsync<List<ChatTemplateView>>("finetuning", "templates");
        Assert.Equal("internlm2", templates[0].Name);
        Assert.All(templates, template => Assert.Contains("2 + 3 = ?", template.Example, StringComparison.Ordinal));
        Assert.Equal(["<|im_end|>", "</s>"], templates[0].Stops);
    }

    private async Task<TokensPreview> ShowAsync(PreviewTokens request)
    {
        using var client = host.Client("finetuning");
        using var answer = await client.PostAsJsonAsync("api/finetuning/preview", request, PlatformJson.Options, Cancel);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
        return (await answer.Content.ReadFromJsonAsync<TokensPreview>(PlatformJson.Options, Cancel))!;
    }

    private async Task<string> RefusalAsync(PreviewTokens request)
    {
        using var client = host.Client("finetuning");
        using var answer = await client.PostAsJsonAsync("api/finetuning/preview", request, PlatformJson.Options, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("type").GetString()!.Split(':')[^1];
    }
}
