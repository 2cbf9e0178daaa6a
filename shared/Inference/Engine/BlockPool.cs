namespace InternPlatform.Inference.Engine;

/// <summary>
/// The blocks of the key-value cache. A block is free, or held by one table or more; a block with contents known by their
/// hash stays findable after its last holder left, until its memory is needed (oldest first).
/// </summary>
internal sealed class BlockPool
{
    private readonly int[] holders;
    private readonly BlockHash[] hashes;
    private readonly Dictionary<BlockHash, int> byHash;
    private readonly int[] next;
    private readonly int[] previous;
    private readonly int sentinel;

    public BlockPool(int blocks)
    {
        holders = new int[blocks];
        hashes = new BlockHash[blocks];
        byHash = new(blocks);
        next = new int[blocks + 1];
        previous = new int[blocks + 1];
        sentinel = blocks;
        (next[sentinel], previous[sentinel]) = (sentinel, sentinel);
        for (var block = 0; block < blocks; block++)
        {
            Append(block);
        }
    }

    public int Total => holders.Length;

    /// <summary>Blocks that no table holds; some of them may still be found by their hash.</summary>
    public int Free { get; private set; }

    /// <summary>Takes the block that was free longest; what it held is forgotten.</summary>
    public bool TryTake(out int block)
    {
        block = next[sentinel];
        if (block == sentinel)
        {
            return false;
        }

        Forget(block);
        Hold(block);
        return true;
    }

    /// <summary>Takes the block with these contents, if it is still there.</summary>
    public bool TryFind(BlockHash hash, out int block)
    {
        if (!byHash.TryGetValue(hash, out block))
        {
            return false;
        }

        Hold(block);
        return true;
    }

    /// <summary>The block's contents are final and can be found. The first block with the same contents stays the one that is found.</summary>
    public void Publish(int block, BlockHash hash)
    {
        if (hashes[block] == default && byHash.TryAdd(hash, block))
        {
            hashes[block] = hash;
        }
    }

    public void Release(int block)
    {
        if (--holders[block] == 0)
        {
            Append(block);
        }
    }

    private void Hold(int block)
    {
        if (holders[block]++ == 0)
        {
            (next[previous[block]], previous[next[block]]) = (next[block], previous[block]);
            Free--;
        }
    }

    private void Append(int block)
    {
        var last = previous[sentinel];
        (previous[block], next[block]) = (last, sentinel);
        (next[last], previous[sentinel]) = (block, block);
        Free++;
    }

    private void Forget(int block)
    {
        if (hashes[block] != default)
        {
            byHash.Remove(hashes[block]);
            hashes[block] = default;
        }
    }
}
