namespace Portal.LocalVendors.Media;

/// <summary>What a video or audio file is, as far as its headers tell. Duration in seconds; frame rate 0 when unknown.</summary>
internal sealed record MediaInfo(
    string Container, double Duration, int Width, int Height, double FrameRate, bool HasVideo, bool HasAudio, int Channels);

/// <summary>A file that is not playable media; the message is for the asset's <c>errors</c>.</summary>
internal sealed class UnreadableMediaException(string message) : Exception(message);

/// <summary>Random access to a file that is not in memory. Reads fewer bytes only at the end.</summary>
internal delegate Task<byte[]> ReadAt(long offset, int count);
