using InternPlatform.Catalog.Tokens;
using Xunit;

namespace InternPlatform.Services.Tests.Catalog;

public sealed class MixtureTests
{
    [Theory]
    [InlineData(new[] { 1000, 1000 }, null, new[] { 1000, 1000 })]
    [InlineData(new[] { 1000, 300 }, null, new[] { 1000, 1000 })]        // three passes and a third
    [InlineData(new[] { 1000, 100 }, null, new[] { 1000, 400 })]         // no more than four passes
    [InlineData(new[] { 1000, 1000 }, 800, new[] { 400, 400 })]
    [InlineData(new[] { 1000, 20 }, 800, new[] { 720, 80 })]             // what the small one cannot give, the large one does
    [InlineData(new[] { 100 }, 5000, new[] { 100 })]                     // a budget repeats nothing
    [InlineData(new[] { 1000, 20, 300 }, 600, new[] { 260, 80, 260 })]
    public void Sources_give_equal_parts_as_far_as_they_go(int[] sizes, int? budget, int[] parts)
    {
        var sources = sizes.Select(size => (IReadOnlyList<EncodedSample>)[.. Enumerable.Range(0, size).Select(i => new EncodedSample(i, 1))]).ToArray();
        var picks = Mixture.Make(sources, budget, mostPasses: 4, seed: 3);

        Assert.Equal(parts, sizes.Select((_, source) => picks.Count(pick => pick.Source == source)));
        var passes = picks.CountBy(pick => pick).Select(pick => pick.Value).ToList();
        Assert.True(passes.Max() <= 4);
        Assert.Equal(picks, Mixture.Make(sources, budget, mostPasses: 4, seed: 3));
    }
}
