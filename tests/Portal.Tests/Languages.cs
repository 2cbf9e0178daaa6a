using Bunit;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Portal.Components;
using InternPlatform.Portal.Pages;
using Xunit;
using static InternPlatform.Portal.Tests.Samples;

namespace InternPlatform.Portal.Tests;

public sealed class Languages : PortalContext
{
    [Theory]
    [InlineData("en", "Train the model", "Running")]
    [InlineData("zh-CN", "训练模型", "运行中")]
    public void A_pipeline_speaks_the_users_language(string culture, string step, string state)
    {
        Speak(culture);
        Platform.Answer($"api/pipelines/runs/{PipelineId}", Pipeline(PipelineState.Running));
        var shown = Show(typeof(PipelinePage), [("Id", PipelineId.ToString())]);

        shown.WaitForAssertion(() => Assert.Contains(step, shown.Markup, StringComparison.Ordinal));
        Assert.Contains(state, shown.Markup, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("en", "No data set yet")]
    [InlineData("zh-CN", "还没有数据集")]
    public void An_empty_page_speaks_the_users_language(string culture, string title)
    {
        Speak(culture);
        Platform.Answer("api/catalog/datasets", PageCase.All["data"].Empty!);

        Assert.Contains(title, Show(typeof(Data)).WaitForElement("[data-testid=empty]").TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("en")]
    [InlineData("zh-CN")]
    public void Every_state_has_a_word(string culture)
    {
        Speak(culture);
        foreach (var state in Enum.GetNames<JobState>().Concat(Enum.GetNames<StepState>()).Concat(Enum.GetNames<Contracts.Deployment.DeploymentState>()))
        {
            var chip = Render<StateChip>(parameters => parameters.Add(one => one.State, state));
            Assert.DoesNotContain("State_", chip.Markup, StringComparison.Ordinal);
            Assert.NotEmpty(chip.FindAll("svg"));
        }
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(11_534_336, "11 MiB")]
    public void Sizes_name_their_unit(long bytes, string expected) => Assert.Equal(expected, Format.Bytes(bytes));

    [Theory]
    [InlineData(59, "0:59")]
    [InlineData(3723, "1:02:03")]
    [InlineData(-1, "0:00")]
    public void Durations_read_as_a_clock_does(int seconds, string expected) => Assert.Equal(expected, Format.Duration(TimeSpan.FromSeconds(seconds)));
}
