// Verifies a bundle of a Probant ledger with the packages that verify Go's own checksum database:
// signature, entries, every tile, documents, the leaves of segments and the proofs of single records.
// It replays no score: verify.py does. VERIFY.md says how to build it.
//
//	go run . BUNDLE [VERIFIER-KEY]
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8 // C2SP tiles hold 2^8 hashes

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: go run . BUNDLE [VERIFIER-KEY]")
		os.Exit(2)
	}
	if err := verify(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "REFUSED ", err)
		os.Exit(1)
	}
}

func verify(dir string, keys []string) error {
	tree, origin, err := checkpoint(dir, keys)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	fmt.Printf("ok  checkpoint: signed by %s, %d entries, root %s\n", origin, tree.N, tree.Hash)
	entries, err := entriesOf(dir, tree)
	if err != nil {
		return err
	}
	if err := authenticate(dir, tree, entries); err != nil {
		return err
	}
	fmt.Printf("ok  log: %d entries hash to that root, and every tile holds the hashes of that tree\n", tree.N)
	if err := included(dir, tree, entries); err != nil {
		return err
	}
	fmt.Println("ok  proofs: each entry is included, by the tiles alone")
	return contents(dir, tree, origin, entries)
}

// checkpoint opens the signed note and reads its three lines.
func checkpoint(dir string, keys []string) (tree tlog.Tree, origin string, err error) {
	brought, err := os.ReadFile(filepath.Join(dir, "verifier"))
	if err != nil {
		return tree, "", err
	}
	key := strings.TrimSuffix(string(brought), "\n")
	if len(keys) > 0 && keys[0] != key {
		return tree, "", errors.New("the bundle brings another verifier key than the one given")
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return tree, "", err
	}
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return tree, "", err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tree, "", err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" || len(opened.UnverifiedSigs) > 0 {
		return tree, "", errors.New("not three lines of this log under one signature")
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil || strconv.FormatInt(tree.N, 10) != lines[1] || tree.N < 1 {
		return tree, "", errors.New("not a size")
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, lines[0], err
}

// path is where C2SP puts a tile: without the height, and `entries` for level -1.
func path(tile tlog.Tile) string {
	path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tile.H), "tile/", 1)
	return strings.Replace(path, "tile/data/", "tile/entries/", 1)
}

// entriesOf reads the entry bundles of the log.
func entriesOf(dir string, tree tlog.Tree) ([][]byte, error) {
	var entries [][]byte
	for _, tile := range tlog.NewTiles(height, 0, tree.N) {
		if tile.L != 0 {
			continue
		}
		tile.L = -1
		data, err := os.ReadFile(filepath.Join(dir, path(tile)))
		if err != nil {
			return nil, err
		}
		for i := 0; i < tile.W; i++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return nil, fmt.Errorf("%s: it is cut short", path(tile))
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			entries = append(entries, data[2:end])
			data = data[end:]
		}
		if len(data) > 0 {
			return nil, fmt.Errorf("%s: it holds more than its entries", path(tile))
		}
	}
	return entries, nil
}

// store is a tree's hashes in the order in which tlog stores them.
type store []tlog.Hash

func (s store) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index < 0 || index >= int64(len(s)) {
			return nil, errors.New("a hash outside the tree")
		}
		found[i] = s[index]
	}
	return found, nil
}

func (s *store) push(n int64, leaf tlog.Hash) error {
	hashes, err := tlog.StoredHashesForRecordHash(n, leaf, *s)
	*s = append(*s, hashes...)
	return err
}

// authenticate recomputes the tree from the entries, and compares the root and every tile with it:
// not only the tiles that some proof happens to read.
func authenticate(dir string, tree tlog.Tree, entries [][]byte) error {
	var hashes store
	for n, entry := range entries {
		if err := hashes.push(int64(n), tlog.RecordHash(entry)); err != nil {
			return err
		}
	}
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil || root != tree.Hash {
		return errors.New("tile/entries: the entries are not those that were signed")
	}
	known := map[string]bool{}
	for _, tile := range tlog.NewTiles(height, 0, tree.N) {
		expected, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			return err
		}
		held, err := os.ReadFile(filepath.Join(dir, path(tile)))
		if err != nil {
			return err
		}
		if !bytes.Equal(held, expected) {
			return fmt.Errorf("%s: its hashes are not those of the tree", path(tile))
		}
		known[path(tile)] = true
		if tile.L == 0 {
			tile.L = -1
			known[path(tile)] = true
		}
	}
	return filepath.WalkDir(filepath.Join(dir, "tile"), func(name string, item fs.DirEntry, err error) error {
		if err != nil || item.IsDir() {
			return err
		}
		within, err := filepath.Rel(dir, name)
		if err == nil && !known[filepath.ToSlash(within)] {
			err = fmt.Errorf("%s: the log has no such file", within)
		}
		return err
	})
}

// tiles reads a log's tiles from the bundle for tlog, which authenticates them against the root.
type tiles string

func (t tiles) Height() int                     { return height }
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, tile := range wanted {
		var err error
		if data[i], err = os.ReadFile(filepath.Join(string(t), path(tile))); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// included proves each entry by the tiles, as somebody does who does not read the whole log.
func included(dir string, tree tlog.Tree, entries [][]byte) error {
	reader := tlog.TileHashReader(tree, tiles(dir))
	for n, entry := range entries {
		proof, err := tlog.ProveRecord(tree.N, int64(n), reader)
		if err != nil {
			return fmt.Errorf("entry %d: %w", n, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, int64(n), tlog.RecordHash(entry)); err != nil {
			return fmt.Errorf("entry %d: %w", n, err)
		}
	}
	return nil
}

// segment is what the log says of a segment of predictions.
type segment struct {
	kind  string
	index int64 // of its entry
	first int64 // the decision number of its row 0
	rows  int64
	root  tlog.Hash
	names []string // the documents that it names
	text  []byte
}

func segmentsOf(entries [][]byte) (map[string]segment, error) {
	found, decisions := map[string]segment{}, int64(0)
	for n, entry := range entries {
		lines := strings.Split(string(entry), "\n")
		if lines[0] != "probant/segment/v1" {
			continue
		}
		value := map[string]string{}
		for _, line := range lines[1:] {
			key, rest, _ := strings.Cut(line, " ")
			value[key] = rest
		}
		rows, err := strconv.ParseInt(value["rows"], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", n, err)
		}
		root, err := tlog.ParseHash(value["root"])
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", n, err)
		}
		model, _, _ := strings.Cut(value["model"], " ")
		named := []string{model, value["schema"], value["law"], value["policy"]}
		if _, twice := found[value["id"]]; twice {
			return nil, fmt.Errorf("entry %d: the segment is recorded twice", n)
		}
		found[value["id"]] = segment{value["kind"], int64(n), decisions, rows, root, named, entry}
		if value["kind"] != "events" {
			decisions += rows
		}
	}
	return found, nil
}

// contents checks what the bundle holds besides the log.
func contents(dir string, tree tlog.Tree, origin string, entries [][]byte) error {
	var said struct {
		Origin    string
		Size      int64
		Root      string
		Selection struct{ Decisions []int64 }
		Rows      bool
		Segments  []string
	}
	data, err := os.ReadFile(filepath.Join(dir, "bundle.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &said); err != nil {
		return fmt.Errorf("bundle.json: %w", err)
	}
	if said.Origin != origin || said.Size != tree.N || said.Root != tree.Hash.String() {
		return errors.New("bundle.json: it speaks of another checkpoint")
	}
	segments, err := segmentsOf(entries)
	if err != nil {
		return err
	}
	documents := map[string]bool{}
	for _, id := range said.Segments {
		chosen, known := segments[id]
		if !known {
			return fmt.Errorf("bundle.json: the log has no segment %s", id)
		}
		if said.Rows {
			if err := leaves(filepath.Join(dir, "segments", id+".leaves"), id, chosen); err != nil {
				return fmt.Errorf("segments/%s.leaves: %w", id, err)
			}
			fmt.Printf("ok  segment %s: its %d leaves are what was signed\n", id, chosen.rows)
		}
		for at, name := range chosen.names {
			if at < 3 || len(said.Selection.Decisions) == 0 { // one lead's bundle has no policy
				documents[name] = true
			}
		}
	}
	for name := range documents {
		data, err := os.ReadFile(filepath.Join(dir, "documents", name))
		if err != nil {
			return err
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != name {
			return fmt.Errorf("documents/%s: its SHA-256 is not its name", name)
		}
	}
	fmt.Printf("ok  documents: %d are what they are called\n", len(documents))
	for _, number := range said.Selection.Decisions {
		if err := proof(dir, number, tree, segments); err != nil {
			return fmt.Errorf("proofs/%d: %w", number, err)
		}
		fmt.Printf("ok  decision %d: its record is in the log\n", number)
	}
	return nil
}

// leaves puts a segment's root together again.
func leaves(name, id string, chosen segment) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	take := func(n int) (head []byte, err error) {
		if len(data) < n {
			return nil, errors.New("it is cut short")
		}
		head, data = data[:n], data[n:]
		return head, nil
	}
	var hashes store
	for row := int64(0); row < chosen.rows; row++ {
		mark, err := take(1)
		if err != nil {
			return err
		}
		var leaf tlog.Hash
		switch mark[0] {
		case 0: // erased: its leaf's hash is all that is left
			rest, err := take(8 + tlog.HashSize) // the entry that erased it, then the hash
			if err != nil {
				return err
			}
			copy(leaf[:], rest[8:])
		case 1:
			head, err := take(16 + 4)
			if err != nil {
				return err
			}
			record, err := take(int(binary.BigEndian.Uint32(head[16:])))
			if err != nil {
				return err
			}
			if !belongs(record, id, row) {
				return fmt.Errorf("row %d: another row's record", row)
			}
			leaf = leafOf(head[:16], record)
		default:
			return fmt.Errorf("row %d: neither live nor erased", row)
		}
		if err := hashes.push(row, leaf); err != nil {
			return err
		}
	}
	root, err := tlog.TreeHash(chosen.rows, hashes)
	if err != nil {
		return err
	}
	if root != chosen.root || len(data) > 0 {
		return errors.New("its leaves are not those that were signed")
	}
	return nil
}

// leafOf is the hash of a leaf: SHA-256 of 0, the salt and the record.
func leafOf(salt, record []byte) tlog.Hash {
	return tlog.RecordHash(append(append([]byte{}, salt...), record...))
}

// belongs says whether a record is that of this row of this segment.
func belongs(record []byte, id string, row int64) bool {
	return len(record) >= 24 && hex.EncodeToString(record[4:20]) == id && int64(binary.BigEndian.Uint32(record[20:])) == row
}

// proof checks one record, from its bytes up to the signed root.
func proof(dir string, number int64, tree tlog.Tree, segments map[string]segment) error {
	read := func(name string) []byte {
		data, _ := os.ReadFile(filepath.Join(dir, "proofs", strconv.FormatInt(number, 10), name))
		return data
	}
	record, salt, steps, entry := read("record"), read("salt"), read("path"), read("segment.entry")
	if len(record) < 24 || len(salt) != 16 || len(steps)%tlog.HashSize != 0 {
		return errors.New("a file is missing or cut short")
	}
	id, row := hex.EncodeToString(record[4:20]), int64(binary.BigEndian.Uint32(record[20:]))
	chosen, known := segments[id]
	if !known || chosen.kind == "events" || number != chosen.first+row || !bytes.Equal(entry, chosen.text) {
		return errors.New("another decision's record, or another segment's entry")
	}
	var path tlog.RecordProof
	for ; len(steps) > 0; steps = steps[tlog.HashSize:] {
		path = append(path, tlog.Hash(steps[:tlog.HashSize]))
	}
	if err := tlog.CheckRecord(path, chosen.rows, chosen.root, row, leafOf(salt, record)); err != nil {
		return err
	}
	head, signed, _ := strings.Cut(string(read("segment.tlog-proof")), "\n\n")
	lines := strings.Split(head, "\n")
	checkpoint, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil || signed != string(checkpoint) || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" ||
		lines[1] != fmt.Sprintf("index %d", chosen.index) {
		return errors.New("not a proof of this entry under this checkpoint")
	}
	path = nil
	for _, line := range lines[2:] {
		step, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(step) != tlog.HashSize {
			return errors.New("its path is not base64")
		}
		path = append(path, tlog.Hash(step))
	}
	return tlog.CheckRecord(path, tree.N, tree.Hash, chosen.index, tlog.RecordHash(entry))
}
