using Xunit;

// Every class runs a whole platform: two at once on two cores starve each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
