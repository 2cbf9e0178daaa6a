using System.Text.Json;
using Bunit;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Portal.Components;
using InternPlatform.Portal.Pages;
using InternPlatform.ServiceDefaults;
using MudBlazor;
using Xunit;
using static InternPlatform.Portal.Tests.Samples;

namespace InternPlatform.Portal.Tests;

/// <summary>Serving a model with adapters and with a smaller model that guesses ahead.</summary>
public sealed class ServePages : PortalContext
{
    private static ModelView Small => Model with { Id = Guid.NewGuid(), Name = "small", ArtifactId = Artifact('7'), Bytes = Model.Bytes / 8 };

    [Fact]
    public async Task The_form_offers_what_was_tuned_from_the_model_and_what_is_much_smaller()
    {
        Platform.Answer("api/catalog/models", PageOf(Model, Small));
        Platform.Answer("api/deployment/deployments", PageOf<DeploymentView>());
        Platform.Answer($"api/catalog/lineage/{Artifact('b')}", Tuned("a poet", "诗人", "诗人"));
        Platform.Answer("POST api/deployment/deployments", Deployment);
        ShowProviders();
        var form = Render<NewDeployment>();
        var models = form.WaitForComponent<MudSelect<ModelView>>();
        Assert.Empty(form.FindComponents<MudSelect<LineageNode>>());
        await form.InvokeAsync(() => models.Instance.ValueChanged.InvokeAsync(Model));

        var adapters = form.WaitForComponent<MudSelect<LineageNode>>().Instance;
        var offered = form.FindComponents<MudSelectItem<LineageNode>>().Select(item => item.Instance.Value!).Distinct().ToList();
        Assert.Equal(["a poet", "诗人", "诗人"], offered.Select(node => node.Name));
        var draft = form.FindComponents<MudSelect<ModelView>>()[1];
        Assert.Equal([Small.ArtifactId], draft.FindComponents<MudSelectItem<ModelView>>().Select(item => item.Instance.Value!.ArtifactId).Distinct());
        await form.InvokeAsync(() => draft.Instance.ValueChanged.InvokeAsync(Small));
        await form.InvokeAsync(() => adapters.SelectedValuesChanged.InvokeAsync(offered));
        await form.InvokeAsync(() => form.Find("[data-testid=create]").Click());

        form.WaitForAssertion(() => Assert.Contains(Platform.Requests, request => request.Method == "POST"));
        var sent = JsonSerializer.Deserialize<CreateDeployment>(Platform.Requests.Single(request => request.Method == "POST").Body, PlatformJson.Options)!;
        Assert.Equal((Model.ArtifactId, Small.ArtifactId), (sent.ModelArtifactId, sent.DraftArtifactId));
        Assert.Equal(["apoet", "22222222", "33333333"], sent.Adapters.Select(adapter => adapter.Name));
    }

    [Fact]
    public async Task Adapters_that_cannot_be_asked_for_are_asked_for_again_and_nothing_is_deployed()
    {
        Platform.Answer("api/catalog/models", PageOf(Model));
        Platform.Unreachable($"api/catalog/lineage/{Artifact('b')}");
        ShowProviders();
        var form = Render<NewDeployment>();
        var models = form.WaitForComponent<MudSelect<ModelView>>();
        await form.InvokeAsync(() => models.Instance.ValueChanged.InvokeAsync(Model));
        var again = form.WaitForElement("[data-testid=failure] button");
        Platform.Answer($"api/catalog/lineage/{Artifact('b')}", Tuned("a poet"));
        await form.InvokeAsync(() => again.Click());

        form.WaitForComponent<MudSelect<LineageNode>>();
        Assert.Empty(form.FindAll("[data-testid=failure]"));
        Assert.DoesNotContain(Platform.Requests, request => request.Method == "POST");
    }

    [Fact]
    public void A_tile_names_the_ids_of_its_adapters_and_how_many_guesses_came_true()
    {
        Platform.Answer("api/catalog/models", PageOf(Model));
        Platform.Answer("api/deployment/deployments", PageOf(Voices));
        var tile = Show(typeof(Serve)).WaitForElement("[data-testid=deployment]");

        Assert.Contains("guesses right: 75%", tile.TextContent, StringComparison.Ordinal);
        Assert.Contains("Draft model", tile.TextContent, StringComparison.Ordinal);
        var link = Assert.Single(tile.QuerySelectorAll("a.chip"));
        Assert.Equal(("tour-model:poet", "/chat?model=tour-model%3Apoet"), (link.TextContent, link.GetAttribute("href")));
    }

    [Fact]
    public void The_playground_talks_to_the_adapter_that_its_address_names()
    {
        Platform.Answer("api/deployment/deployments", PageOf(Voices));
        GoTo("/chat?model=tour-model%3Apoet");
        var chosen = Show(typeof(Chat)).WaitForComponent<ChatChoices>();

        Assert.Equal("tour-model:poet", chosen.Instance.Settings.Model);
        Assert.Equal(["tour-model", "tour-model:poet"], chosen.FindComponents<MudSelectItem<string>>().Select(item => item.Instance.Value).Distinct());
    }

    private static DeploymentView Voices => Deployment with
    {
        DraftArtifactId = Artifact('7'),
        Adapters = [new() { Name = "poet", ArtifactId = Artifact('1') }],
        GuessedTokens = 40,
        RightGuesses = 30,
    };

    /// <summary>Adapters of the model, ids 1, 2, 3 …</summary>
    private static LineageView Tuned(params string[] names)
    {
        var adapters = names.Select((name, index) => Lineage.Nodes[^1] with { ArtifactId = Artifact((char)('1' + index)), Kind = "adapter", Name = name, Path = null }).ToList();
        return Lineage with { Nodes = [.. Lineage.Nodes, .. adapters], Edges = [.. Lineage.Edges, .. adapters.Select(adapter => new LineageEdge { From = Model.ArtifactId, To = adapter.ArtifactId })] };
    }
}
