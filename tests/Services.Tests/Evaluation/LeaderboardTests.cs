using System.Net.Http.Headers;
using InternPlatform.Contracts.Evaluation;
using Xunit;

namespace InternPlatform.Services.Tests.Evaluation;

/// <summary>What finished evaluations become.</summary>
public sealed class LeaderboardTests(EvaluationHost host) : IClassFixture<EvaluationHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Models_are_ranked_compared_and_exported()
    {
        var dataset = await host.StoreRecordsAsync(RealSets.Sample(20));
        host.Model.Write = _ => "x";
        host.Model.Score = (_, place) => place % 2 == 0 ? -0.5 : -1;
        var (first, _) = await host.SucceedAsync(await host.StartAsync("intern-sample", dataset));

        // The other model prefers the longest prompt, and so other choices.
        var one = host.Model.ModelArtifactId;
        host.Model.ModelArtifactId = await host.StoreModelAsync("two");
        host.Model.Score = (prompt, _) => -1 / (double)prompt.Length;
        var (second, result) = await host.SucceedAsync(await host.StartAsync("intern-sample", dataset));

        var board = await host.GetAsync<LeaderboardView>("leaderboard");
        Assert.Equal(new HashSet<string?> { one, host.Model.ModelArtifactId }, board.Rows.Select(row => row.ModelArtifactId).ToHashSet());
        Assert.True(board.Rows[0].Average >= board.Rows[1].Average);
        var row = board.Rows.Single(row => row.JobId == second.Id);
        Assert.Equal(result.Average, row.Average);
        Assert.Equal(6, row.Dimensions.Count);
        Assert.All(row.Scores, score => Assert.Equal(second.Id, score.JobId));

        var comparison = await host.GetAsync<ComparisonView>($"compare?base={first.Id}&other={second.Id}");
        var exam = comparison.Differences.Single(difference => difference is { Dimension: "exam", Mode: "choice" });
        Assert.Equal(20, exam.Count);
        Assert.Equal(exam.Other - exam.Base, exam.Difference, 12);
        Assert.True(exam.Low < exam.Difference && exam.Difference < exam.High);
        var same = await host.GetAsync<ComparisonView>($"compare?base={first.Id}&other={first.Id}");
        Assert.All(same.Differences, difference => Assert.True(difference is { Difference: 0, Low: < 0, High: > 0 }));

        var csv = (await host.Client.GetStringAsync("api/evaluation/leaderboard?format=csv", Cancel)).Split("\r\n");
        Assert.StartsWith("model,origin,average,exam,exam_low,exam_high,exam_n,", csv[0], StringComparison.Ordinal);
        Assert.Equal(4, csv.Length);
        Assert.All(csv[1..3], line => Assert.StartsWith("fake,measured,0.", line, StringComparison.Ordinal));
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/evaluation/leaderboard?published=true") { Headers = { Accept = { new MediaTypeWithQualityHeaderValue("text/markdown") } } };
        using var markdown = await host.Client.SendAsync(request, Cancel);
        Assert.Contains("| InternLM-20B (published) | 59.3 | 62.5 | 55.0 | 60.1 | 67.3 | 54.9 | — | — |", await markdown.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_published_table_has_no_safety_and_never_a_zero()
    {
        var rows = (await host.GetAsync<LeaderboardView>("leaderboard?published=true")).Rows.Where(row => row.Origin == "published").ToList();
        Assert.Equal(["InternLM-20B", "LLaMA-2-70B", "Baichuan2-13B-Base", "InternLM-7B", "Baichuan2-7B-Base", "LLaMA-13B", "LLaMA-2-7B"], rows.Select(row => row.Model));
        Assert.Equal([0.593, 0.574, 0.494, 0.487, 0.444, 0.438, 0.416], rows.Select(row => row.Average!.Value));
        Assert.All(rows, row => Assert.DoesNotContain("safety", row.Dimensions.Keys));
        Assert.Equal("LLaMA-2-70B", rows.MaxBy(row => row.Dimensions["knowledge"].Value)!.Model);
        Assert.Equal(0.677, rows[1].Dimensions["knowledge"].Value);
    }

    [Fact]
    public async Task Benchmarks_say_what_they_need()
    {
        var benchmarks = await host.GetAsync<List<BenchmarkView>>("benchmarks");
        Assert.Equal(["intern-sample", "intern-tools", "mmlu", "gsm8k", "xcopa", "bbq", "perplexity", "multiple-choice", "question-answer"], benchmarks.Select(benchmark => benchmark.Name));
        Assert.All(benchmarks, benchmark => Assert.NotEmpty(benchmark.Columns));
        Assert.Equal(["chat", "tools"], benchmarks[1].Needs);
    }
}
