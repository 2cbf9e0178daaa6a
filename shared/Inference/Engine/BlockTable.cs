using InternPlatform.Kernels.Cpu;

namespace InternPlatform.Inference.Engine;

/// <summary>The blocks of one sequence, in order. Token p lies in block p / 16 at slot p % 16.</summary>
internal sealed class BlockTable(BlockPool pool, string salt, int maxTokens)
{
    private readonly BlockHash root = BlockHash.Root(salt);
    private BlockHash chain = BlockHash.Root(salt);
    private int published;

    public int[] Blocks { get; } = new int[BlocksFor(maxTokens)];

    public int Count { get; private set; }

    public int Capacity => Count * KvLayout.BlockTokens;

    public static int BlocksFor(int tokens) => (tokens + KvLayout.BlockTokens - 1) / KvLayout.BlockTokens;

    /// <summary>Takes blocks until <paramref name="tokens"/> fit or the pool is empty; returns how many fit.</summary>
    public int Grow(int tokens)
    {
        while (Capacity < tokens && pool.TryTake(out var block))
        {
            Blocks[Count++] = block;
        }

        return Math.Min(Capacity, tokens);
    }

    /// <summary>Finds leading full blocks in the pool. The last token is always computed: its logits are needed.</summary>
    /// <returns>Tokens whose keys and values are there already.</returns>
    public int Reuse(ReadOnlySpan<int> tokens)
    {
        while ((Count + 1) * KvLayout.BlockTokens < tokens.Length)
        {
            var hash = chain.Then(tokens.Slice(Count * KvLayout.BlockTokens, KvLayout.BlockTokens));
            if (!pool.TryFind(hash, out var block))
            {
                break;
            }

            Blocks[Count++] = block;
            (chain, published) = (hash, Count);
        }

        return Capacity;
    }

    /// <summary>Makes full blocks findable once their tokens are computed.</summary>
    public void Publish(ReadOnlySpan<int> computed)
    {
        while ((published + 1) * KvLayout.BlockTokens <= computed.Length)
        {
            chain = chain.Then(computed.Slice(published * KvLayout.BlockTokens, KvLayout.BlockTokens));
            pool.Publish(Blocks[published++], chain);
        }
    }

    /// <summary>Gives all blocks back, the last first, so that the start of a prompt stays findable longest.</summary>
    public void Release()
    {
        while (Count > 0)
        {
            pool.Release(Blocks[--Count]);
        }

        (chain, published) = (root, 0);
    }
}
