namespace Freehold.Ingestion.Readers;

/// <summary>A cell that is not empty.</summary>
/// <param name="Column">Column, from 0; a row's cells come in ascending order.</param>
/// <param name="Text">What stands in it.</param>
internal readonly record struct FilledCell(int Column, string Text);
