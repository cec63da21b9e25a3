namespace Portal.LocalVendors.Media;

/// <summary>
/// Tells what a file is from its container's headers: MP4 and MOV in full, WebM and Matroska as far as they state it.
/// </summary>
/// <remarks>Files come from strangers: every size is checked against what encloses it, and every walk has an end.</remarks>
internal static class MediaInspector
{
    /// <summary>Throws <see cref="UnreadableMediaException"/> with Mux-like words for anything that is no playable media file.</summary>
    public static async Task<MediaInfo> InspectAsync(long size, ReadAt read)
    {
        if (size == 0)
        {
            throw new UnreadableMediaException("The input file is empty.");
        }
        var head = await read(0, 16);
        if (Matroska.IsSignature(head))
        {
            return await Matroska.InspectAsync(size, read);
        }
        if (Mp4.IsSignature(head))
        {
            return await Mp4.InspectAsync(size, read);
        }
        throw new UnreadableMediaException("The input file is not a video or audio file that can be decoded.");
    }
}
